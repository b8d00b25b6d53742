"""What happens beside the steps: the bar, the log, and stopping after a step when a signal asks for it."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from transformers import TrainerCallback

if TYPE_CHECKING:
    from callwright_training.sft.tuner import Tuner

_LINE_EVERY_SECONDS = 30
_SMOOTHING = 0.9


class Log(TrainerCallback):  # type: ignore[misc]
    """Writes one JSON line for each optimizer step.

    Args:
        path: The file; lines after ``step`` (a run that was killed) are dropped.
        step: The step that the run goes on from.
    """

    def __init__(self, path: Path, step: int) -> None:
        self.path, self.tuner = path, None
        kept = [line for line in read_log(path) if line["step"] <= step]
        path.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
        self._began = time.monotonic()

    tuner: Tuner | None

    def on_step_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Start the step's clock."""
        self._began = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Write the step's line."""
        assert self.tuner is not None  # noqa: S101 - set before training starts
        line = {
            "step": state.global_step,
            "loss": self.tuner.figures,
            "tokens": self.tuner.tokens,
            "learning_rate": more["lr_scheduler"].get_last_lr()[0],
            "seconds": round(time.monotonic() - self._began, 3),
        }
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


class Stop(TrainerCallback):  # type: ignore[misc]
    """Ends training after the current step, with a checkpoint, once a signal came."""

    asked = False

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Ask the trainer to save and stop."""
        if self.asked:
            control.should_save = True
            control.should_training_stop = True

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Listen to Ctrl-C and SIGTERM; a second one acts as ever."""
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

        def ask(number: int, frame: FrameType | None) -> None:
            self.asked = True
            signal.signal(number, before[signal.Signals(number)])
            print("\nStopping after this step, with a checkpoint ...", file=sys.stderr, flush=True)  # noqa: T201

        for number in before:
            signal.signal(number, ask)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class Bar(TrainerCallback):  # type: ignore[misc]
    """Shows loss, tokens per second and time left on stderr; in a log a line every half minute."""

    def __init__(self, steps: int, step: int) -> None:
        self.tuner: Tuner | None = None
        console = Console(stderr=True)
        self._plain = not console.is_terminal
        self._bar = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]:.3f}  {task.fields[speed]:.0f} tokens/s"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=self._plain,
        )
        self._task = self._bar.add_task("", total=steps, completed=step, loss=float("nan"), speed=0.0)
        self._steps, self._first, self._tokens, self._loss = steps, step, 0, float("nan")
        self._began = self._told = time.monotonic()

    def __enter__(self) -> Bar:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Show where the run is."""
        assert self.tuner is not None  # noqa: S101 - set before training starts
        loss = sum(self.tuner.figures.get(objective.name, 0.0) for objective in self.tuner.objectives)
        self._loss = loss if self._loss != self._loss else _SMOOTHING * self._loss + (1 - _SMOOTHING) * loss
        self._tokens += self.tuner.tokens
        now = time.monotonic()
        speed = self._tokens / max(now - self._began, 1e-9)
        self._bar.update(self._task, completed=state.global_step, loss=self._loss, speed=speed)
        if self._plain and now - self._told > _LINE_EVERY_SECONDS:
            self._told = now
            left = (self._steps - state.global_step) * (now - self._began) / (state.global_step - self._first)
            text = f"step {state.global_step}/{self._steps}, loss {self._loss:.3f}, {speed:.0f} tokens/s"
            print(f"{text}, {left / 60:.0f} min left", file=sys.stderr, flush=True)  # noqa: T201


def read_log(path: Path) -> list[dict[str, Any]]:
    """The lines of a log; a last one that a killed process left unfinished is not counted."""
    lines: list[dict[str, Any]] = []
    for text in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        try:
            lines.append(json.loads(text))
        except ValueError:
            break
    return lines
