"""What a loaded model takes of memory; the figures are of Linux, which alone lists mappings."""

import mmap
import sys
from pathlib import Path

import numpy as np
import pytest

from callwright_server.engine.residency import give_back, sparse_zeros

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
MEGABYTE = 1 << 20


def resident(name: str) -> int:
    """Bytes of this process's memory of a kind: ``RssAnon`` or ``RssFile``."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def test_only_what_is_written_to_takes_memory():
    before = resident("RssAnon")
    array = sparse_zeros((8, 8 * MEGABYTE))
    array[:, 0] = 1
    assert array.sum() == 8
    assert resident("RssAnon") - before < 16 * MEGABYTE


def test_pages_of_a_file_are_given_back_and_read_again(tmp_path):
    path = tmp_path / "a file with spaces"
    path.write_bytes(b"7" * 32 * MEGABYTE)
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    before = resident("RssFile")
    assert np.frombuffer(mapped, np.uint8).max() == ord("7")
    assert resident("RssFile") - before > 24 * MEGABYTE
    assert give_back(path) == len(mapped)
    assert resident("RssFile") - before < 8 * MEGABYTE
    assert mapped[-1] == ord("7")


def test_what_was_written_into_a_mapping_is_kept(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"7" * MEGABYTE)
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    mapped[5] = ord("8")
    assert give_back(path) == 0
    assert mapped[5] == ord("8")
