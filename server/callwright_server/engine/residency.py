"""What of a process's memory is resident: no more than what is read again.

ONNX Runtime maps a bundle's weights into memory and packs copies of them for its kernels; the mapping stays,
and so do its pages, though hardly anything reads them again. And numpy asks the system for huge pages, of
which one letter typed makes every one resident in a buffer whose heads lie far apart.
"""

from __future__ import annotations

import ctypes
import logging
import math
import mmap
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

log = logging.getLogger(__name__)

_MAPPINGS = Path("/proc/self/smaps")
_MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \d+ *(.*)")
_UNCHANGED = re.compile(r"Anonymous: +0 kB")
_DONT_NEED = 4


def sparse_zeros(shape: tuple[int, ...], kind: DTypeLike = np.float32) -> NDArray[Any]:
    """Zeros of which only those pages take memory that have been written to."""
    if not sys.platform.startswith("linux"):
        return np.zeros(shape, kind)
    size = np.dtype(kind).itemsize * math.prod(shape)
    memory = mmap.mmap(-1, max(1, size), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    memory.madvise(mmap.MADV_NOHUGEPAGE)
    return np.frombuffer(memory, kind, math.prod(shape)).reshape(shape)


def give_back(path: Path) -> int:
    """Let the system take what this process holds of a mapped file.

    Whatever is read again comes from the system's cache of files, page by page. Only Linux lists mappings;
    elsewhere nothing happens.

    Args:
        path: The file.

    Returns:
        Bytes of the mappings that were given back.
    """
    if not sys.platform.startswith("linux"):
        return 0
    libc, given = ctypes.CDLL(None, use_errno=True), 0
    for start, length in _unchanged_mappings(path):
        if libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(length), _DONT_NEED) == 0:
            given += length
        else:
            log.info("Pages of %s stay in memory: error %d", path.name, ctypes.get_errno())
    return given


def _unchanged_mappings(path: Path) -> Iterator[tuple[int, int]]:
    """Address and length of each mapping of a file in which nobody has written, so that nothing is lost."""
    name, found = str(path.resolve()), None
    for line in _MAPPINGS.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        if match := _MAPPING.match(line):
            first, end = int(match[1], 16), int(match[2], 16)
            found = (first, end - first) if match[3] == name else None
        elif found and _UNCHANGED.match(line):
            yield found
