"""Draws from a document's changes what became of the suggestion offered in it.

No editor tells every server whether ghost text was taken: the text itself does. A suggestion is *accepted*
when all of it stands where it was offered, *partly accepted* when a part of it came in by more than single
keystrokes and then something else was written, *dismissed* otherwise. Typing along letter by letter until the
end counts as accepted, too: the suggestion was right.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from callwright_server.outcomes.store import Outcome

KEPT_AFTER = 30.0
"""Seconds after which an accepted suggestion that still stands there counts as kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A suggestion as it was offered in a document."""

    start: int
    """Offset of its first character."""
    typed: int
    """How many of its characters stood there already."""
    text: str
    instruction: str = ""
    call: str = ""
    domain: str = ""
    bundle: str = ""
    latency_ms: float = 0.0


@dataclass(slots=True)
class _Open:
    offer: Offer
    before: str
    """The text in front of the offer, by which it is found again when an import is added above."""
    standing: int
    """How many of its characters stand in the document now."""
    leapt: bool = False
    """Whether several of them came at once."""


@dataclass(slots=True)
class Tracker:
    """Follows the newest offer of every document.

    Args:
        ended: Called with an offer and what became of it.
    """

    ended: Callable[[str, Offer, Outcome], None]
    _open: dict[str, _Open] = field(default_factory=dict)

    def offered(self, document: str, text: str, offer: Offer) -> None:
        """A suggestion is shown in a document whose text is ``text``.

        An offer that continues the one before (the rest of the same text) takes its place without ending it.
        """
        known = self._open.get(document)
        if known is not None and known.offer.start == offer.start and known.offer.text == offer.text:
            return
        if known is not None:
            self._end(document, known)
        self._open[document] = _Open(offer, text[: offer.start], offer.typed)

    def changed(self, document: str, text: str) -> None:
        """The text of a document is now ``text``."""
        known = self._open.get(document)
        if known is None:
            return
        start = self._place(known, text)
        standing = common_prefix(text[start:], known.offer.text) if start is not None else 0
        if standing == len(known.offer.text):
            del self._open[document]
            self.ended(document, known.offer, Outcome.ACCEPTED)
            return
        known.leapt = known.leapt or standing > known.standing + 1
        if standing < known.standing or (start is not None and _diverges(text[start:], standing)):
            self._end(document, known)
            return
        known.standing = standing

    def closed(self, document: str) -> None:
        """A document is closed, or its cursor went elsewhere."""
        if (known := self._open.get(document)) is not None:
            self._end(document, known)

    def _end(self, document: str, known: _Open) -> None:
        del self._open[document]
        partly = known.leapt and known.standing > known.offer.typed
        self.ended(document, known.offer, Outcome.PARTLY if partly else Outcome.DISMISSED)

    @staticmethod
    def _place(known: _Open, text: str) -> int | None:
        if text.startswith(known.before):
            return len(known.before)
        # Something was written above: look for the line in front of the offer, from where it was.
        line = known.before.rpartition("\n")[0].rpartition("\n")[2] + "\n" + known.before.rpartition("\n")[2]
        found = text.find(line) if line.strip() else -1
        return found + len(line) if found >= 0 else None


def common_prefix(text: str, offered: str) -> int:
    """How many of an offer's first characters a text begins with."""
    for index, character in enumerate(offered):
        if index >= len(text) or text[index] != character:
            return index
    return len(offered)


def _diverges(rest: str, standing: int) -> bool:
    """Whether something else stands behind the offer's beginning; an editor's closing signs do not count."""
    behind = rest[standing:].partition("\n")[0]
    return bool(behind.strip(")]}'\" \t\r"))
