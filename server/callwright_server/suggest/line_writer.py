"""Continues a line of code with the model, and remembers what it wrote."""

from __future__ import annotations

import hashlib

from callwright_server.engine.engine import Engine
from callwright_server.prompt import Prompt
from callwright_server.settings import Inline
from callwright_server.suggest import freely
from callwright_server.suggest.asking import Ask
from callwright_server.suggest.cache import Recent
from callwright_server.suggest.choosing import GroundedLine, Grounding, Place
from callwright_server.suggest.document import Document, line_before
from callwright_server.suggest.suggestion import Suggestion, Suggestions

_REMEMBERED = 512
_CUT = 50_000


class LineWriter:
    """Writes the rest of a line.

    Args:
        engine: The model.
        settings: How sure it must be, and how much it may write.
        grounding: Which names exist; ``None`` where nothing knows.
    """

    def __init__(self, engine: Engine, settings: Inline, grounding: Grounding | None = None) -> None:
        self._engine, self._settings, self._grounding = engine, settings, grounding
        self._lines: Recent[tuple[bytes, str], Suggestions] = Recent(_REMEMBERED)

    def suggest(self, ask: Ask) -> Suggestions | None:
        """The rest of the line at the cursor; ``None`` where it is not known and must not be asked for."""
        head = line_before(ask.document, ask.offset)
        if not head.strip():
            return Suggestions(reason="the line is empty and no comment asks for anything")
        above = _digest(_before(ask.document, ask.offset - len(head)))
        known = self._lines.get((above, head))
        if known is not None or ask.stop is None:
            return known
        answer = self._written(ask)
        if answer.complete:
            self._lines.put((above, head), answer)
        return answer

    def _written(self, ask: Ask) -> Suggestions:
        """The model's own continuation of the line, where it may be shown."""
        place = Place(ask.document.text, ask.offset)
        guard = self._grounding.line(place) if self._grounding else None
        healed = guard.healed if guard else 0
        prompt = Prompt.at(_before(ask.document, ask.offset)).render()
        ask.asked_model = True
        generation = self._engine.generate(
            prompt[: len(prompt) - healed],
            max_tokens=self._settings.max_tokens,
            stop=lambda: ask.given_up,
            constraint=freely.UntilLineEnd(self._engine.tokenizer, guard),
            deadline=ask.deadline,
        )
        if ask.given_up:
            return Suggestions(reason="there was no time", complete=False, from_model=True)
        text = generation.text[healed:].partition("\n")[0].rstrip()
        sure = freely.confidence(generation.log_probs)
        reason = self._why_not(ask, text, sure, guard)
        item = Suggestion(start=ask.offset, end=ask.offset, text=text, score=sure)
        return Suggestions(items=() if reason else (item,), reason=reason, from_model=True)

    def _why_not(self, ask: Ask, text: str, sure: float, guard: GroundedLine | None) -> str:
        """Why the continuation is not shown; empty where it may be."""
        wanted = self._settings.minimum_confidence
        if not text.strip():
            return "the model has nothing to add"
        if sure < wanted:
            return f"the model is not sure enough ({sure:.2f}, wanted {wanted:.2f})"
        # That the file uses a name somewhere does not show that it exists here.
        return guard.doubt(text) if guard else freely.why_not(ask.document, ask.offset, text)


def _before(document: Document, offset: int) -> str:
    """The text in front of a place; of a very long one the end, cut at a line, in steps seldom reached."""
    if offset <= 2 * _CUT:
        return document.text[:offset]
    cut = (offset // _CUT - 1) * _CUT
    return document.text[document.text.find("\n", cut, offset) + 1 : offset]


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
