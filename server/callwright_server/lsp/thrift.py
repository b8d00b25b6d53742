"""When the model is not asked for the machine's sake: on battery, or after a minute of much work."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from callwright_server.settings import Pace

_WINDOW = 60.0
_SUPPLIES = Path("/sys/class/power_supply")


class Thrift:
    """Says whether an automatic suggestion is worth its work just now.

    Args:
        clock: Seconds, rising.
        used: Seconds of processor time that this process has taken.
        supplies: Where the system describes its batteries; on systems that do it elsewhere none is seen.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        used: Callable[[], float] = time.process_time,
        supplies: Path = _SUPPLIES,
    ) -> None:
        self._clock, self._used, self._supplies = clock, used, supplies
        self._seen: deque[tuple[float, float]] = deque()

    def refuses(self, pace: Pace) -> str:
        """Why the model is not asked, in words; empty where it may be."""
        if not pace.on_battery and self._discharging():
            return "on battery; ask for a suggestion to get one"
        share = 100 * self._share()
        if pace.processor_limit and share > pace.processor_limit:
            return f"{share:.0f} % of a core in the last minute; {pace.processor_limit} % are allowed"
        return ""

    def _share(self) -> float:
        """Cores that this process has taken on average since the oldest look within the last minute."""
        now, used = self._clock(), self._used()
        self._seen.append((now, used))
        while now - self._seen[0][0] > _WINDOW:
            self._seen.popleft()
        return (used - self._seen[0][1]) / _WINDOW

    def _discharging(self) -> bool:
        return any(_first_word(path) == "Discharging" for path in self._supplies.glob("*/status"))


def _first_word(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
