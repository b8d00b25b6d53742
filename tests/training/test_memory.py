"""What is freed goes back, also where something small lies between."""

import subprocess
import sys

import pytest

HOLES = """
import sys
from pathlib import Path
from callwright_training.memory import return_large_blocks

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

if sys.argv[1] == "returned":
    assert return_large_blocks()
del (learned := [bytearray(b"x") * (8 << 20)])[:]
before = resident()
blocks, small = zip(*((bytearray(b"x") * (8 << 20), bytearray(b"x") * (64 << 10)) for _ in range(20)))
del blocks
print(resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's own habit")
def test_large_blocks_go_back_to_the_system():
    def kept(way):
        run = subprocess.run([sys.executable, "-c", HOLES, way], capture_output=True, check=True)
        return int(run.stdout) >> 20

    assert kept("returned") < 40
    assert kept("as it is") > 100
