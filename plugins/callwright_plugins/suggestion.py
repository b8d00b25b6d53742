"""What a filter looks at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from callwright_grounding.catalogue import CatalogueEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One suggestion at its place, before it is shown."""

    text: str
    """What would be inserted at the cursor."""
    before: str = ""
    """The document in front of the cursor."""
    after: str = ""
    """The document behind the cursor."""
    path: str = ""
    """The document's file; empty where it has none."""
    entry: CatalogueEntry | None = None
    """The catalogue's API that is suggested, where it is one."""


Filter = Callable[[Suggestion], str | None]
"""Looks at a suggestion; returns why it should not be shown, or ``None`` to let it pass."""
