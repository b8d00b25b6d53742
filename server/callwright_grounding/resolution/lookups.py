"""Answers to "has this an attribute of that name?"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from callwright_grounding.resolution.values import Value


@dataclass(frozen=True, slots=True)
class Lookup:
    """The answer to "has this an attribute of that name?"."""

    state: str
    """``found``, ``missing``, ``likely`` missing, ``uncalled`` (data, never callable), or ``open``."""
    value: Value | None = None
    reason: str = ""


OPEN = Lookup("open")
MISSING = Lookup("missing")
FOUND = Lookup("found")


class NameSets:
    """Several sets of names, asked as one.

    Args:
        sets: The sets.
    """

    def __init__(self, sets: Sequence[frozenset[str]]) -> None:
        self.sets = sets

    def __contains__(self, name: object) -> bool:
        """Whether any of the sets has this name."""
        return any(name in names for names in self.sets)
