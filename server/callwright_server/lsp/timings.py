"""How the last requests were answered: without the model or by it, and how long that took.

No text is kept, only times: what ``callwright.timings`` returns may go into any report.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

_KEPT = 4096


class How(StrEnum):
    """What a request came to."""

    UNREADY = "unready"
    """The model was not loaded, or the document is not Python."""
    KNOWN = "known"
    """Answered without the model; also where the answer is that nothing is suggested."""
    OVERTAKEN = "overtaken"
    """A newer request came before the model was asked."""
    MODEL = "model"
    """The model was asked."""


@dataclass(slots=True)
class Timing:
    """One request."""

    kind: str
    """Ghost text or menu."""
    how: How = How.UNREADY
    shown: int = 0
    """Texts that were shown."""
    took_ms: float | None = None
    """From its arrival to its answer; ``None`` where it was given up."""
    _began: float = field(default_factory=time.monotonic, repr=False)

    def answered(self, shown: int = 0) -> None:
        """The answer goes out now."""
        self.shown, self.took_ms = shown, round((time.monotonic() - self._began) * 1000, 2)


class Timings:
    """The last few thousand requests, oldest first."""

    def __init__(self) -> None:
        self._kept: deque[Timing] = deque(maxlen=_KEPT)

    def begin(self, kind: str) -> Timing:
        """A request has come."""
        self._kept.append(Timing(kind))
        return self._kept[-1]

    def as_json(self) -> list[dict[str, Any]]:
        """One object for each request."""
        return [
            {name: value for name, value in asdict(timing).items() if not name.startswith("_")}
            for timing in self._kept
        ]
