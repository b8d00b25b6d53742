"""Large pages under the warm parent's memory.

A fork copies a page table's entry for every page, a child's end walks them all again, and half a gigabyte of
imported libraries is more than a hundred thousand of them. On large pages it is one entry for 512.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from callwright_training.execution.inside import kernel

_LARGE = 2 << 20


def gather() -> None:
    """Put this process's own memory on large pages; where the kernel cannot (before Linux 6.1), it stays."""
    for start, end in _own_memory():
        first, last = -(-start // _LARGE) * _LARGE, end // _LARGE * _LARGE
        if first < last:
            with contextlib.suppress(OSError):
                kernel.collapse(first, last - first)


def _own_memory() -> Iterator[tuple[int, int]]:
    """First and last address of each writable mapping that no file is behind."""
    for line in Path("/proc/self/maps").read_text(encoding="ascii", errors="replace").splitlines():
        fields = line.split()
        if fields[1] == "rw-p" and (len(fields) < 6 or fields[5] == "[heap]"):
            start, _, end = fields[0].partition("-")
            yield int(start, 16), int(end, 16)
