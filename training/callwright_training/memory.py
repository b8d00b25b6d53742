"""Memory that is freed goes back to the system."""

from __future__ import annotations

import ctypes
import sys

_MMAP_THRESHOLD = -3
"""``M_MMAP_THRESHOLD`` of glibc's ``malloc.h``."""
_LARGE = 4 * 2**20


def return_large_blocks() -> bool:
    """Let the C library map each block of 4 MB or more by itself, so that freeing it gives it back at once.

    Left alone, glibc learns to keep blocks of up to 32 MB in its heap. Tensors of ever new lengths leave
    holes there that fit no other one: a PPO run with 4 GB in use grew to 7 GB, at the same speed.

    Returns:
        Whether the C library knows of it.
    """
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None)
    return hasattr(library, "mallopt") and bool(library.mallopt(_MMAP_THRESHOLD, _LARGE))
