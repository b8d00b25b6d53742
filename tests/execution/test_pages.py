import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from callwright_training.execution.inside import pages

FOLDER = Path(pages.__file__).parents[3]
CODE = f"""
import sys; sys.path.insert(0, {str(FOLDER)!r})
from callwright_training.execution.inside import pages
held = bytearray(b"held" * (4 << 20))
pages.gather()
assert held == b"held" * (4 << 20)
print(open("/proc/self/smaps_rollup").read())
"""


KERNEL = tuple(int(part) for part in re.findall(r"\d+", platform.release())[:2])


@pytest.mark.skipif(
    KERNEL < (6, 1) or not Path("/sys/kernel/mm/transparent_hugepage").is_dir(),
    reason="NOT TESTED: large pages; this kernel cannot make them at once",
)
def test_what_is_held_moves_to_large_pages_and_stays_the_same():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert int(re.search(r"AnonHugePages:\s+(\d+) kB", done.stdout)[1]) >= 8 << 10
