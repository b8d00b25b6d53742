"""What has been measured, in a file that grows part by part, so that a stopped run goes on where it was."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import onnxruntime

Row = dict[str, Any]


class Results:
    """Sections of parts: ``decode`` has one part for each model, ``trace`` one for each session.

    Args:
        path: The JSON file; parts that it has are kept.
        threads: Threads of every engine, for the record.
        again: Measure also what the file has.
    """

    def __init__(self, path: Path, threads: int, *, again: bool = False) -> None:
        self._path, self._again = path, again
        known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        self._found: Row = known or {"machine": _machine(threads)}

    def of(self, section: str, part: str, measure: Callable[[], Row]) -> Row:
        """What is known of a part; where nothing is, by measuring now.

        Args:
            section: The section.
            part: The part.
            measure: Gives what JSON can hold.
        """
        parts = self._found.setdefault(section, {})
        if self._again or part not in parts:
            when = {
                "measured": f"{datetime.now():%Y-%m-%d %H:%M}",
                "load_before": round(os.getloadavg()[0], 1),
            }
            parts[part] = when | measure()
            self._write()
        row: Row = parts[part]
        return row

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        begun = self._path.with_suffix(".begun")
        begun.write_text(json.dumps(self._found, indent=1) + "\n", encoding="utf-8")
        begun.replace(self._path)


def _machine(threads: int) -> Row:
    return {
        "processor": _processor(),
        "threads": threads,
        "python": platform.python_version(),
        "onnxruntime": onnxruntime.__version__,
    }


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
