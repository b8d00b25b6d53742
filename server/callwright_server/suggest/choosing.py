"""What suggesting needs of others: something that chooses calls, and something that knows which names exist.

Both are protocols, so that suggesting depends on neither's implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from callwright_grounding.catalogue import CatalogueEntry
from callwright_grounding.masks import NameTrie
from callwright_grounding.masks.vocabulary import Ids
from callwright_server.engine.constraint import Constraint

Stop = Callable[[], bool]
"""Asked often; ``True`` means: give up at once, nobody waits for the answer."""


class Scored(Protocol):
    """One catalogue entry and what the model thinks of it for an instruction."""

    @property
    def entry(self) -> CatalogueEntry:
        """The entry."""
        ...

    @property
    def score(self) -> float:
        """Higher is likelier; comparable only within one answer."""
        ...

    @property
    def shown(self) -> bool:
        """Whether it is good enough to be shown unasked."""
        ...


class Chooser(Protocol):
    """Chooses API calls for an instruction."""

    def choose(
        self,
        instruction: str,
        *,
        allowed: Collection[CatalogueEntry] | None = None,
        limit: int = 8,
        stop: Stop,
    ) -> Sequence[Scored]:
        """The likeliest entries, best first.

        Args:
            instruction: What the user wants, in words.
            allowed: Entries to choose among; ``None`` for the whole catalogue.
            limit: How many entries at most.
            stop: Polled often; once it is true, what is known so far (also nothing) is returned.
        """
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """A cursor in a buffer, for grounding."""

    text: str
    """The whole buffer."""
    offset: int
    """The cursor."""
    path: Path | None = None
    """Where the buffer lies, from where relative imports start; ``None`` where it lies nowhere."""


class GroundedLine(Constraint, Protocol):
    """Holds the model to names that exist while it writes on from a place."""

    @property
    def healed(self) -> int:
        """Characters in front of the cursor that the model writes again, in tokens of its own choosing."""
        ...

    def doubt(self, written: str) -> str:
        """What of a finished line nobody can vouch for, in words; empty where every name in it exists.

        Args:
            written: What stands behind the cursor now, up to the end of the line.
        """
        ...


class Grounding(Protocol):
    """Knows which names exist at a place in the user's code."""

    def line(self, place: Place) -> GroundedLine | None:
        """What holds the model there; ``None`` where nothing is known."""
        ...

    def members(self, place: Place) -> Members | None:
        """The members of what stands before the dot there; ``None`` where that is not known."""
        ...


class Members(Protocol):
    """The names that may stand behind a dot, in the model's tokens."""

    @property
    def names(self) -> Collection[str]:
        """The same names, as text."""
        ...

    @property
    def trie(self) -> NameTrie:
        """All that exist and go on as the user has begun."""
        ...

    @property
    def ends(self) -> Ids:
        """Tokens that may stand behind a name."""
        ...
