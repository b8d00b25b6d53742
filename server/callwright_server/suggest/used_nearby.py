"""What the other files of a folder do with a receiver of the same name: a project keeps its habits.

A file is read once, and again when it has changed; nothing of it leaves this process.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

from callwright_server.suggest.cache import Recent

_READ, _LONGEST = 600_000, 300_000
"""Bytes that are read of all files at most, and of one."""
_FILES = 256
_LAST = re.compile(r"([^\W\d]\w*)\s*\.\s*\Z")
_USES = re.compile(r"([^\W\d]\w*)\s*\.\s*([^\W\d]\w*)")

Uses = dict[str, Counter[str]]
"""Name of a receiver, its last word only, to what stands behind its dots, counted."""


class Nearby:
    """Remembers what files use."""

    def __init__(self) -> None:
        self._known: Recent[tuple[str, int, int], Uses] = Recent(_FILES)

    def shares(self, path: Path | None, before: str) -> dict[str, float]:
        """Which share each member has of what other files' receivers of this name are asked for.

        Args:
            path: Where the buffer lies; ``None`` where it lies nowhere.
            before: The text up to the dot, the dot included.
        """
        receiver = _LAST.search(before[-200:])
        if path is None or receiver is None:
            return {}
        counts: Counter[str] = Counter()
        for entry in _files(path):
            counts.update(self._uses(entry).get(receiver[1], {}))
        return {name: count / counts.total() for name, count in counts.items()}

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
    for receiver, name in _USES.findall(text):
        uses.setdefault(receiver, Counter())[name] += 1
    return uses
