"""What files of records and catalogues hold: counts by file and domain, and what could not be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from callwright_grounding.catalogue import CatalogueEntry
from callwright_training.errors import RecordsError
from callwright_training.records.read import gorilla_folder, is_catalogue, read_catalogue, read_records
from callwright_training.records.record import Record, Skipped


@dataclass(frozen=True, slots=True)
class FileSurvey:
    """What one file holds."""

    path: Path
    records: tuple[Record, ...] = ()
    entries: tuple[CatalogueEntry, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def kind(self) -> str:
        """``records`` or ``catalogue``."""
        return "catalogue" if self.entries else "records"

    @property
    def domains(self) -> Counter[str]:
        """How many records or entries each domain has."""
        domains = [record.domain for record in self.records] + [entry.domain for entry in self.entries]
        return Counter(domain or "(no domain)" for domain in domains)

    @property
    def repairs(self) -> Counter[str]:
        """How many scripts each repair mended; ``unparsable`` and ``missing`` ones are counted too."""
        return Counter(record.code_repair for record in self.records if record.code_repair != "raw")

    def as_json(self) -> dict[str, object]:
        """The counts and the skipped lines, for programs."""
        return {
            "file": str(self.path),
            "kind": self.kind,
            "read": len(self.records) + len(self.entries),
            "skipped": [{"line": item.line, "reason": item.reason} for item in self.skipped],
            "domains": dict(self.domains.most_common()),
            "repairs": dict(self.repairs.most_common()),
        }


def survey(path: Path) -> FileSurvey:
    """Read one file, whatever it holds.

    Raises:
        RecordsError: The file cannot be read.
    """
    if is_catalogue(path):
        found = read_catalogue(path)
        return FileSurvey(path, entries=found.entries, skipped=found.skipped)
    records = read_records(path)
    return FileSurvey(path, records=records.records, skipped=records.skipped)


def gorilla_files() -> list[Path]:
    """Gorilla's record and catalogue files, where ``CALLWRIGHT_DATA`` says they are.

    Raises:
        RecordsError: The variable is not set, or has no such files.
    """
    folder = gorilla_folder()
    files = [*folder.glob("apibench/*.json"), *folder.glob("api/*.jsonl")] if folder else []
    if not files:
        raise RecordsError(
            "no files to read: name some, or set CALLWRIGHT_DATA to a folder with Gorilla's files in gorilla/"
        )
    return sorted(path for path in files if not path.name.endswith(".question_ids.json"))


def callable_entries(surveys: Iterable[FileSurvey]) -> list[CatalogueEntry]:
    """The entries that a server can offer: those whose call is Python."""
    return [entry for found in surveys for entry in found.entries if entry.parsed is not None]
