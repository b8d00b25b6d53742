"""What a record is: one instruction with the API call that answers it. Reading is in ``read.py``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from callwright_grounding.catalogue import CatalogueEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One instruction with its domain, API call, explanation and code, whatever form the file had."""

    id: str
    """File stem and line: ``huggingface_eval:12``. Unique among records of files with different names."""
    question_id: int
    """The question's number: from ``X.question_ids.json`` beside ``X.json``, else the line."""
    instruction: str
    input: str = ""
    """The instruction's extra input; mostly empty."""
    domain: str
    """The API's domain, spellings merged (see ``domains.py``)."""
    domain_raw: str
    """The domain as the file spells it."""
    provider: str
    """Who provides the API, spellings merged."""
    api: CatalogueEntry
    """The API that the record is about, as its catalogue describes it."""
    call: str
    """The call in canonical spelling, repaired where needed; as the file has it where it is no Python."""
    call_raw: str
    """The call as the file spells it."""
    explanation: str = ""
    code: str = ""
    """The script, repaired where a repair made it parse; empty where the record has none."""
    code_raw: str = ""
    """The script as the file has it."""
    code_repair: str = "missing"
    """Which repair made the script parse: a name of ``repair.CODE_RULES``."""
    source: str
    """File name and line: ``huggingface_eval.json:12``."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A line that could not be read, and why."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Records:
    """What a record file held."""

    records: tuple[Record, ...]
    skipped: tuple[Skipped, ...] = ()

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def __add__(self, other: Records) -> Records:
        return Records(self.records + other.records, self.skipped + other.skipped)
