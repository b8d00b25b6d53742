"""Real Python text that every machine has: the standard library's, for comparing tokenizers and models."""

from __future__ import annotations

import sysconfig
from pathlib import Path

_FILES = (
    "textwrap.py", "bisect.py", "heapq.py", "shlex.py", "json/decoder.py", "csv.py", "fractions.py",
    "glob.py", "configparser.py", "dataclasses.py", "functools.py", "gzip.py", "queue.py", "sched.py",
    "string.py", "timeit.py",
)  # fmt: skip


def standard_library_texts() -> list[str]:
    """The text of a few modules, in a fixed order."""
    folder = Path(sysconfig.get_path("stdlib"))
    return [path.read_text(encoding="utf-8") for name in _FILES if (path := folder / name).is_file()]
