"""What suggesting answers."""

from __future__ import annotations

from dataclasses import dataclass

from callwright_grounding.catalogue import CatalogueEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One text for one place in a document."""

    start: int
    """Offset where the replaced text begins, on the cursor's line."""
    end: int
    """Offset where it ends, on the cursor's line: signs that an editor had closed are swallowed."""
    text: str
    """What replaces it. It begins with what the user has typed of it."""
    entry: CatalogueEntry | None = None
    """The catalogue's API, where it is one."""
    imports: tuple[str, ...] = ()
    """Imports that the text needs, that the file lacks and that the text does not hold."""
    score: float = 0.0
    """Higher is likelier; comparable within one answer."""
    member: bool = False
    """Whether it is a name that others list too: menus mark it and put it in front."""
    shown: bool = True
    """Whether it is good enough to be shown unasked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestions:
    """The answer for one place."""

    items: tuple[Suggestion, ...] = ()
    """The best first."""
    reason: str = ""
    """Why there are no items, or none that is shown unasked; empty where there are."""
    complete: bool = True
    """Whether nothing was left out for lack of time."""
    from_model: bool = False
    """Whether the model was asked; otherwise the answer was known."""

    @property
    def shown(self) -> tuple[Suggestion, ...]:
        """The items that may be shown unasked."""
        return tuple(item for item in self.items if item.shown)
