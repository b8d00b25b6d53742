"""What exists, as the metrics need it: the catalogue, and the same APIs as Gorilla published them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from callwright_grounding.catalogue import Catalogue, CatalogueEntry
from callwright_training.errors import RecordsError
from callwright_training.metrics.gorilla import Api
from callwright_training.records import read_catalogue


@dataclass(frozen=True)
class Known:
    """A catalogue version, for strict metrics and for Gorilla's own."""

    catalogue: Catalogue
    apis: tuple[Api, ...]
    """Call and domain, unrepaired where the file is in Gorilla's form, in the file's order."""
    raw: bool = False
    """Whether ``apis`` has domains as published, and not merged spellings."""

    entries: tuple[CatalogueEntry, ...] = ()
    """Every description: a call that is described several times is in ``catalogue`` only once."""

    @cached_property
    def version(self) -> str:
        """12 hex digits that two files share only where every metric finds the same in them."""
        published = [(api.call, api.domain) for api in self.apis]
        return hashlib.sha256(json.dumps([self.catalogue.version, published]).encode()).hexdigest()[:12]

    @classmethod
    def load(cls, path: Path) -> Known:
        """Read Gorilla's ``api/*.jsonl`` or a file that :meth:`Catalogue.save` wrote.

        Raises:
            RecordsError: The file cannot be read, or no line of it is an API.
        """
        entries = read_catalogue(path).entries
        if not entries:
            raise RecordsError(
                f"{path} holds no API; give a catalogue file such as api/huggingface_api.jsonl"
            )
        published = tuple(_published(path))
        apis = published or tuple(Api(entry.call, entry.domain) for entry in entries)
        return cls(Catalogue(entries), apis, bool(published), entries)


def _published(path: Path) -> list[Api]:
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines if '"api_call"' in line]
    return [Api(row["api_call"], row["domain"]) for row in rows if isinstance(row.get("domain"), str)]
