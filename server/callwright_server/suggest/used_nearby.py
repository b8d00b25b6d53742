"""What the other files of a folder do with a receiver of the same name: a project keeps its habits.

A file is read once, and again when it has changed; nothing of it leaves this process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

from callwright_server.suggest.cache import Recent
from callwright_server.suggest.uses import Use, in_front, uses_in

_READ, _LONGEST = 600_000, 300_000
"""Bytes that are read of all files at most, and of one."""
_FILES = 256

Uses = dict[str, list[Use]]
"""The word in front of a dot to what stands behind it."""


class Nearby:
    """Remembers what files use."""

    def __init__(self) -> None:
        self._known: Recent[tuple[str, int, int], Uses] = Recent(_FILES)

    def uses(self, path: Path | None, before: str) -> list[Use]:
        """What other files ask of receivers whose last word is the same.

        Args:
            path: Where the buffer lies; ``None`` where it lies nowhere.
            before: The text up to the dot, the dot included.
        """
        front = in_front(before[-200:])
        if path is None or not front:
            return []
        return [use for entry in _files(path) for use in self._uses(entry).get(front[0], ())]

    def _uses(self, entry: os.DirEntry[str]) -> Uses:
        status = entry.stat()
        key = (entry.path, status.st_mtime_ns, status.st_size)
        known = self._known.get(key)
        if known is None:
            known = _read(entry.path)
            self._known.put(key, known)
        return known


def _files(path: Path) -> Iterator[os.DirEntry[str]]:
    """Python files beside a file, those with the likest names first, as many as there is time for."""
    left = _READ
    for entry in sorted(_python_files(path.parent), key=lambda entry: _alike(entry.name, path.name)):
        size = entry.stat().st_size
        if entry.name != path.name and size <= min(left, _LONGEST):
            left -= size
            yield entry


def _python_files(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return [entry for entry in entries if entry.name.endswith(".py") and entry.is_file()]
    except OSError:  # the buffer may lie in a folder that is gone
        return []


def _alike(name: str, other: str) -> tuple[int, str]:
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(name, other, strict=False)))
    return -alike, name


def _read(path: str) -> Uses:
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    uses: Uses = {}
    for use in uses_in(text):
        uses.setdefault(use.before[0], []).append(use)
    return uses
