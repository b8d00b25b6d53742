"""A set of catalogue entries with a version, as it lies in a bundle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from functools import cached_property
from pathlib import Path
from typing import Any

from callwright_grounding.catalogue.entry import CatalogueEntry
from callwright_grounding.errors import CatalogueError

_FIELDS = tuple(item.name for item in fields(CatalogueEntry) if item.init)
_TUPLES = frozenset({"imports", "requirements", "arguments"})


class Catalogue:
    """The API calls we know of, in a fixed order.

    Args:
        entries: The entries; of several with the same canonical call the first is kept.
    """

    def __init__(self, entries: Iterable[CatalogueEntry]) -> None:
        unique: dict[str, CatalogueEntry] = {}
        variants = []
        for entry in entries:
            if unique.setdefault(entry.text, entry) is not entry:
                variants.append(entry)
        self.entries: tuple[CatalogueEntry, ...] = tuple(unique.values())
        # Other descriptions of the same calls, for whoever searches descriptions; they are not saved.
        self.variants: tuple[CatalogueEntry, ...] = tuple(variants)

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[CatalogueEntry]:
        return iter(self.entries)

    def __contains__(self, call: object) -> bool:
        """Whether this canonical call is in the catalogue."""
        return call in self._by_text

    def get(self, call: str) -> CatalogueEntry | None:
        """The entry with this canonical call, or ``None``."""
        return self._by_text.get(call)

    @cached_property
    def ids(self) -> frozenset[str]:
        """Every string an entry's call names, and every entry's name: what a script may load."""
        named = {string for entry in self.entries if entry.parsed for string in entry.parsed.strings}
        return frozenset(named | {entry.name for entry in self.entries})

    @cached_property
    def version(self) -> str:
        """The first 12 hex digits of the SHA-256 over all entries: equal catalogues have equal versions."""
        return hashlib.sha256("".join(self._lines()).encode()).hexdigest()[:12]

    @cached_property
    def _by_text(self) -> dict[str, CatalogueEntry]:
        return {entry.text: entry for entry in self.entries}

    def _lines(self) -> Iterator[str]:
        for entry in self.entries:
            values = {name: getattr(entry, name) for name in _FIELDS}
            yield (
                json.dumps({name: value for name, value in values.items() if value}, ensure_ascii=False)
                + "\n"
            )

    def save(self, path: Path) -> None:
        """Write one JSON object a line."""
        path.write_text("".join(self._lines()), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Catalogue:
        """Read what :meth:`save` wrote.

        Raises:
            CatalogueError: The file is missing, or a line is not an entry (file, line and reason are named).
        """
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise CatalogueError(f"{path}: cannot read the catalogue: {error}") from error
        return cls(_entry(line, path, number) for number, line in enumerate(lines, start=1) if line.strip())


def _entry(line: str, path: Path, number: int) -> CatalogueEntry:
    try:
        values: dict[str, Any] = json.loads(line)
        typed: dict[str, Any] = {name: tuple(v) if name in _TUPLES else v for name, v in values.items()}
        return CatalogueEntry(**typed)
    except (ValueError, TypeError, AttributeError) as error:
        raise CatalogueError(f"{path}:{number}: not a catalogue entry: {error}") from error
