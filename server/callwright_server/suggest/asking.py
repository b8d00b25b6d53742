"""One request for suggestions on its way."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import Enum

from callwright_server.suggest.choosing import Stop
from callwright_server.suggest.document import Document


class Kind(Enum):
    """What suggestions are for."""

    INLINE = "inline"
    """Ghost text: one text at the cursor, missing imports above the call."""
    MENU = "menu"
    """A completion menu: catalogue calls only, missing imports apart."""


@dataclass(slots=True)
class Ask:
    """What is asked, and how long it may take."""

    document: Document
    """The buffer."""
    offset: int
    """The cursor."""
    kind: Kind
    """What for."""
    stop: Stop | None = None
    """Polled at every token; ``None``: answer only what is known without the model."""
    deadline: float | None = None
    """A time of :func:`time.monotonic` after which what is known so far is the answer."""
    asked_model: bool = False
    """Whether the model was asked, in the end."""

    @property
    def given_up(self) -> bool:
        """Whether nobody waits for the answer any more, or the time is up."""
        if self.stop is not None and self.stop():
            return True
        return self.deadline is not None and time.monotonic() >= self.deadline
