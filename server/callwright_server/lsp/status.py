"""What the server does, for an editor's status item: the notification ``callwright/status``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

METHOD = "callwright/status"

State = Literal["loading", "ready", "thinking", "off", "error"]


@dataclass(slots=True)
class Status:
    """Sends what has changed.

    Args:
        notify: Sends a notification's method and parameters.
    """

    notify: Callable[[str, dict[str, Any]], None]
    state: State = "loading"
    message: str = ""
    """One line: the bundle, or what is wrong."""
    latency: float | None = None
    """Milliseconds that the last suggestion took."""
    silence: str = ""
    """Why nothing was shown the last time; empty where something was."""
    _sent: tuple[object, ...] = ()

    def change(
        self,
        state: State | None = None,
        *,
        message: str | None = None,
        latency: float | None = None,
        silence: str | None = None,
    ) -> None:
        """Set what is given and send everything, where anything is new."""
        self.state = self.state if state is None else state
        self.message = self.message if message is None else message
        self.latency = self.latency if latency is None else latency
        self.silence = self.silence if silence is None else silence
        now = (self.state, self.message, self.latency, self.silence)
        if now != self._sent:
            self._sent = now
            self.notify(METHOD, self.as_json())

    def as_json(self) -> dict[str, Any]:
        """The notification's parameters; what is not known is left out."""
        values = {
            "state": self.state,
            "message": self.message,
            "latencyMs": None if self.latency is None else round(self.latency, 1),
            "silence": self.silence,
        }
        return {name: value for name, value in values.items() if value is not None}
