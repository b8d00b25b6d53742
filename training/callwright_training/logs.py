"""A stage's log: one JSON object a step, and the same for TensorBoard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from callwright_training.feedback.samples import whole_lines
from callwright_training.files import write_whole


class StageLog:
    """Figures by step, in ``log.jsonl`` and as TensorBoard events beside it.

    Args:
        folder: The stage's folder.
        start: The first step of this run; later steps in the file were lost with a kill and are dropped.
    """

    def __init__(self, folder: Path, start: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "log.jsonl"
        kept = [row for row in whole_lines(self._path) if row["step"] < start]
        write_whole(self._path, "".join(json.dumps(row) + "\n" for row in kept))
        self._folder, self._start = folder, start
        self._writer: Any = None
        self._file = self._path.open("a", encoding="utf-8")

    def write(self, step: int, figures: dict[str, float]) -> None:
        """Log the figures of one step."""
        self._file.write(
            json.dumps({"step": step, **{key: _short(value) for key, value in figures.items()}}) + "\n"
        )
        self._file.flush()
        for key, value in figures.items():
            self._board().add_scalar(key, value, step)

    def close(self) -> None:
        """Close both."""
        self._file.close()
        if self._writer is not None:
            self._writer.close()

    def _board(self) -> Any:
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            place = str(self._folder / "tensorboard")
            self._writer = SummaryWriter(place, purge_step=self._start)
        return self._writer


def read_log(folder: Path) -> list[dict[str, Any]]:
    """The rows of a stage's log; empty where it has none."""
    path = folder / "log.jsonl"
    return (
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
    )


def _short(value: float) -> float:
    return float(f"{float(value):.6g}")
