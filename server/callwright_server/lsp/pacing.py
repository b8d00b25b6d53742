"""When to ask the model: not at every key, and for one request at a time.

Clients differ: some ask at every keystroke, some wait. So the server waits by itself, as long as the user's
own typing speed suggests, and drops what a newer request has made pointless. Where a word has ended it waits
least: people look up there, and what is suggested then is still good while the next word is being typed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from callwright_server.settings import Pace

_PATIENCE = 1.3
"""Usual intervals between two keys that are waited for the next one, inside a word."""
_SMOOTHING = 0.3
_THINKING = 1.0
"""Seconds; a longer interval is a pause to think and says nothing about typing."""


@dataclass(slots=True)
class _Typing:
    last: float = 0.0
    interval: float = 0.15
    """Smoothed seconds between two keys."""


@dataclass
class Pacer:
    """Knows how fast each document is typed in, and which request is the newest.

    Args:
        clock: Seconds, rising.
    """

    clock: Callable[[], float] = time.monotonic
    _typing: dict[str, _Typing] = field(default_factory=dict)
    _running: dict[tuple[str, str], threading.Event] = field(default_factory=dict)

    def typed(self, uri: str) -> None:
        """A document has changed."""
        typing, now = self._typing.setdefault(uri, _Typing()), self.clock()
        interval = now - typing.last
        if interval < _THINKING:
            typing.interval += _SMOOTHING * (interval - typing.interval)
        typing.last = now

    def forget(self, uri: str) -> None:
        """A document was closed: what runs for it is not wanted any more."""
        self._typing.pop(uri, None)
        for (other, _), stop in self._running.items():
            if other == uri:
                stop.set()

    def pause(self, uri: str, pace: Pace, *, in_word: bool = True) -> float:
        """Seconds to wait before the model is asked.

        Args:
            uri: The document.
            pace: What the user has set.
            in_word: The sign in front of the cursor is a letter, a digit or an underscore.
        """
        typing = self._typing.get(uri)
        if typing is None:
            return 0.0
        shortest, longest = pace.shortest_pause / 1000, pace.longest_pause / 1000
        usual = min(max(typing.interval * _PATIENCE, shortest), longest) if in_word else shortest
        return max(0.0, typing.last + usual - self.clock())

    def unrest(self, uri: str, rest: float) -> float:
        """Seconds until a document has stood still for `rest` seconds, unless it changes again meanwhile."""
        typing = self._typing.get(uri)
        return 0.0 if typing is None else max(0.0, typing.last + rest - self.clock())

    @contextmanager
    def newest(self, uri: str, kind: str) -> Iterator[threading.Event]:
        """A stop flag for a request: raised when a newer one of its kind comes, and when the request ends."""
        key, stop = (uri, kind), threading.Event()
        if (older := self._running.get(key)) is not None:
            older.set()
        self._running[key] = stop
        try:
            yield stop
        finally:
            stop.set()
            if self._running.get(key) is stop:
                del self._running[key]

    def stop_all(self) -> None:
        """Nothing that runs is wanted any more."""
        for stop in list(self._running.values()):
            stop.set()
