"""Holds the model's own lines to names that exist for the user's interpreter.

While the model writes, closed sets of names are masks; the finished line is vouched for name by name.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from callwright_grounding.catalogue import Catalogue
from callwright_grounding.cursor import Position
from callwright_grounding.environment import Environment
from callwright_grounding.masks import GroundedLine as MaskedLine
from callwright_grounding.masks import Masks, NameTrie, Vocabulary
from callwright_grounding.masks.vocabulary import Ids
from callwright_grounding.resolution import Resolver
from callwright_server.engine.engine import Engine
from callwright_server.suggest.choosing import Place
from callwright_server.suggest.installed import Installed
from callwright_server.suggest.vouching import doubts

log = logging.getLogger(__name__)

LONGEST = 200_000
"""Characters of the longest buffer that is read at every question; lines of longer ones are not held."""


class Names:
    """Knows which names exist at a place; for one thread.

    Args:
        installed: What is installed, as soon as that is known.
        engine: Whose tokens are masked.
        catalogue: The ids that may be loaded.
    """

    def __init__(self, installed: Installed, engine: Engine, catalogue: Catalogue) -> None:
        self._installed, self._engine, self._catalogue = installed, engine, catalogue
        self._resolver: Resolver | None = None

    def line(self, place: Place) -> VouchedLine | None:
        """What holds the model there; ``None`` where nothing is known, or nothing yet."""
        environment = self._installed.environment
        if environment is None or len(place.text) > LONGEST:
            return None
        try:
            position = self._position(environment, place)
            masked = MaskedLine(position, self._masks, ends=self._engine.architecture.end_tokens)
        except Exception as error:  # ours to mend; the user's line is then as without us
            log.error("A place could not be understood: %s", where(error))
            return None
        return VouchedLine(masked, place, self._catalogue)

    def members(self, place: Place) -> Spelled | None:
        """The members of what stands before the dot there; ``None`` where nothing knows them, or not yet."""
        environment = self._installed.environment
        if environment is None or len(place.text) > LONGEST:
            return None
        try:
            wanted = self._position(environment, place).wanted()
            if wanted.kind != "attribute":
                return None
            names = tuple(name for name in wanted.names if name.startswith(wanted.prefix))
            return Spelled(frozenset(names), self._masks.trie(names), self._ends) if names else None
        except Exception as error:  # ours to mend; the menu is then as without us
            log.error("A place could not be understood: %s", where(error))
            return None

    def _position(self, environment: Environment, place: Place) -> Position:
        resolver = self._resolver_of(environment)
        return Position(resolver, place.text, place.offset, path=place.path, catalogue=self._catalogue)

    @cached_property
    def _ends(self) -> Ids:
        ends = np.array(self._engine.architecture.end_tokens, dtype=np.int64)
        return np.concatenate([self._masks.vocabulary.terminators, ends])

    @cached_property
    def _masks(self) -> Masks:
        return Masks(Vocabulary(self._engine.tokenizer))

    def _resolver_of(self, environment: Environment) -> Resolver:
        if self._resolver is None or self._resolver.environment is not environment:
            self._resolver = Resolver(environment)
        return self._resolver


@dataclass(frozen=True, slots=True)
class Spelled:
    """The members of something, in the model's tokens."""

    names: frozenset[str]
    trie: NameTrie
    """All that exist and go on as the user has begun."""
    ends: Ids
    """Tokens that may stand behind a name."""


class VouchedLine:
    """One line that is held to names that exist.

    Args:
        masked: What may be written, token by token.
        place: Where.
        catalogue: The ids that may be loaded.
    """

    def __init__(self, masked: MaskedLine, place: Place, catalogue: Catalogue) -> None:
        self._masked, self._place, self._catalogue = masked, place, catalogue
        self._failed = False

    @property
    def healed(self) -> int:
        """Characters in front of the cursor that the model writes again."""
        return self._masked.healed

    def allowed(self, generated: Sequence[int]) -> Sequence[int] | None:
        """The token ids that may follow; none once something went wrong here."""
        try:
            ids = self._masked.allowed(generated)
        except Exception as error:  # a line that cannot be held is given up
            log.error("A line could not be held to names that exist: %s", where(error))
            self._failed = True
            return ()
        # The engine makes an array of it again: ids of a large vocabulary are not turned into a list.
        return ids  # type: ignore[return-value]

    def doubt(self, written: str) -> str:
        """What of a finished line nobody can vouch for; empty where every name in it exists."""
        if self._failed:
            return "it could not be checked whether its names exist"
        try:
            return next(doubts(self._masked.position, self._place, written, self._catalogue), "")
        except Exception as error:  # what cannot be vouched for is not shown
            log.error("A line could not be vouched for: %s", where(error))
            return "it could not be checked whether its names exist"


def where(error: BaseException) -> str:
    """An error as the log may have it: no message, which could quote the user's code."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {frames[-1].filename}:{frames[-1].lineno}" if frames else repr(error)
