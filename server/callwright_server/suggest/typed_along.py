"""Remembers what was suggested, for the user who types it instead of accepting it."""

from __future__ import annotations

from dataclasses import replace

from callwright_server.suggest.cache import Recent
from callwright_server.suggest.document import Document, line_after
from callwright_server.suggest.suggestion import Suggestion, Suggestions

_ANSWERS = 16
_BEFORE = 500
"""Characters in front of a suggestion that must be what they were."""

_Where = tuple[int, str]


class TypedAlong:
    """The last answers, found again while their best text is being typed."""

    def __init__(self) -> None:
        self._answers: Recent[_Where, tuple[Suggestion, ...]] = Recent(_ANSWERS)

    def remember(self, document: Document, answer: Suggestions) -> None:
        """Keep an answer whose best item is shown."""
        if answer.items and answer.items[0].shown:
            start = answer.items[0].start
            same_start = tuple(item for item in answer.items if item.start == start)
            self._answers.put((start, _before(document, start)), same_start)

    def find(self, document: Document, offset: int) -> Suggestions | None:
        """What is left of the answer that is being typed; ``None`` where the user has turned away from it."""
        for (start, before), items in self._answers.items():
            if start <= offset and _before(document, start) == before:
                left = [_left(item, document, offset) for item in items]
                # Alternatives are offered beside the best one only: without it the question is a new one.
                if left[0] is not None:
                    return Suggestions(items=tuple(item for item in left if item is not None))
        return None


def _left(item: Suggestion, document: Document, offset: int) -> Suggestion | None:
    """What is left of one item; ``None`` where something else was typed, or nothing is left."""
    typed, after = document.text[item.start : offset], line_after(document, offset).rstrip()
    remaining = item.text[len(typed) :]
    if not item.text.startswith(typed) or remaining == after or not remaining.endswith(after):
        return None
    line_start = max(item.start, document.starts[document.place(offset)[0]])
    return replace(item, start=line_start, end=offset + len(after), text=item.text[line_start - item.start :])


def _before(document: Document, start: int) -> str:
    return document.text[max(0, start - _BEFORE) : start]
