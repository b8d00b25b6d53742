"""Continues a line of code with the model, and remembers what it wrote."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from callwright_server.engine import Engine, FinishReason, Generation
from callwright_server.gate import LINE_KINDS, Gate, LineKind, LineThreshold
from callwright_server.prompt import Prompt
from callwright_server.settings import Inline
from callwright_server.suggest import freely
from callwright_server.suggest.asking import Ask
from callwright_server.suggest.choosing import Grounding, Place
from callwright_server.suggest.document import Document, line_before
from callwright_server.suggest.scan import scan
from callwright_server.suggest.suggestion import Suggestion, Suggestions
from callwright_server.suggest.written import Line, Written

_CUT = 50_000
_IMPORT = re.compile(r"\s*(?:import|from)\b")
_MEMBER = re.compile(r"\.[ \t]*\w*\Z")


class LineWriter:
    """Writes the rest of a line.

    Args:
        engine: The model.
        settings: How sure it must be, and how much it may write.
        grounding: Which names exist; ``None`` where nothing knows.
        gate: How sure it must be where the settings leave that open; ``None`` takes the defaults.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Inline,
        grounding: Grounding | None = None,
        gate: Gate | None = None,
    ) -> None:
        self._engine, self._settings, self._grounding = engine, settings, grounding
        self._gate = gate or Gate()
        self._written = Written()
        self._newest = (b"", "")

    def suggest(self, ask: Ask) -> Suggestions | None:
        """The rest of the line at the cursor; ``None`` where it is not known and must not be asked for."""
        above, head = _above_and_head(ask)
        if not head.strip():
            return Suggestions(reason="the line is empty and no comment asks for anything")
        if ask.stop is None:
            self._newest = (above, head)
        line = self._written.find(above, head)
        if line is not None:
            return self._judged(ask, line)
        return None if ask.stop is None else self.write(ask)

    def write(self, ask: Ask) -> Suggestions:
        """The model's own continuation of the line, also of an empty one."""
        above, head = _above_and_head(ask)
        line, late = self._write(ask, above, head)
        if line is None:
            return Suggestions(reason="there was no time", complete=False, from_model=True)
        if not late:
            self._written.remember(above, head, line)
        return replace(self._judged(ask, line), complete=not late, from_model=True)

    def line(self, ask: Ask) -> Line | None:
        """What the model writes there, whether or not it is shown; ``None`` where there was no time."""
        line, late = self._write(ask, *_above_and_head(ask))
        return None if late else line

    def _write(self, ask: Ask, above: bytes, head: str) -> tuple[Line | None, bool]:
        """The model's own continuation of the line, and whether the time was up before its end."""
        place = Place(ask.document.text, ask.offset, ask.document.path)
        guard = self._grounding.line(place) if self._grounding else None
        healed = guard.healed if guard else 0
        prompt = Prompt.at(_before(ask.document, ask.offset)).render()
        ask.asked_model = True
        until = freely.UntilLineEnd(self._engine.tokenizer, guard)

        def unwanted() -> bool:
            if ask.stop is None or not ask.stop():
                return False
            return not self._is_typed(above, head, self._engine.decode(until.generated)[healed:])

        generation = self._engine.generate(
            prompt[: len(prompt) - healed],
            max_tokens=self._settings.max_tokens,
            stop=unwanted,
            constraint=until,
            deadline=ask.deadline,
        )
        late = generation.finish is FinishReason.DEADLINE
        if generation.finish is FinishReason.STOPPED or (late and not generation.text[healed:].strip()):
            return None, late

        def doubt(written: str) -> str:
            # That the file uses a name somewhere does not show that it exists here.
            return guard.doubt(written) if guard else freely.why_not(ask.document, ask.offset, written)

        line = self._line(generation, healed)
        if late:
            begun = freely.begun(head, line.text, doubt)
            return (line.cut(len(begun)) if begun else None), late
        worth = line.surest() >= min(self._threshold(kind).least_probability for kind in LINE_KINDS)
        return replace(line, doubt=doubt(line.text) if worth else ""), late

    def _is_typed(self, above: bytes, head: str, written: str) -> bool:
        """Whether the newest keys are those that the model is writing behind ``head``: then it goes on.

        Every key ends the question before it. Where that key is what the model had in mind, its line is
        soon wanted again, and would never be finished if each key began it anew.
        """
        newest_above, newest = self._newest
        typed = newest[len(head) :]
        same_line = newest_above == above and newest.startswith(head)
        return same_line and bool(typed) and (written.startswith(typed) or typed.startswith(written))

    def _line(self, generation: Generation, healed: int) -> Line:
        """What was written behind the cursor, as far as the end of the line."""
        tokens = generation.tokens
        ends = [len(self._engine.decode(tokens[: number + 1])) - healed for number in range(len(tokens))]
        text, ended, _ = generation.text[healed:].partition("\n")
        return Line(
            text=text.rstrip(),
            ends=tuple(ends),
            log_probs=generation.log_probs,
            margins=generation.margins,
            ended=bool(ended) or generation.finish is FinishReason.END,
        )

    def _judged(self, ask: Ask, line: Line) -> Suggestions:
        """A line as a suggestion, where it may be shown."""
        reason = self._too_unsure(ask, line) or line.doubt
        item = Suggestion(start=ask.offset, end=ask.offset, text=line.text, score=line.sure)
        return Suggestions(items=() if reason else (item,), reason=reason)

    def _too_unsure(self, ask: Ask, line: Line) -> str:
        if not line.text.strip():
            return "the model has nothing to add"
        kind = line_kind(ask.document, ask.offset)
        return self._threshold(kind).doubt(kind, line.sure, line.margin)

    def _threshold(self, kind: LineKind) -> LineThreshold:
        """The user's own, or the bundle's."""
        wanted = self._settings.minimum_confidence
        return self._gate.of_line(kind) if wanted is None else LineThreshold(least_probability=wanted)


def line_kind(document: Document, offset: int) -> LineKind:
    """What a cursor in code stands in."""
    head = line_before(document, offset)
    if _IMPORT.match(head):
        return "import"
    if _MEMBER.search(head):
        return "member"
    return "argument" if scan(document.text, offset).brackets else "other"


def _above_and_head(ask: Ask) -> tuple[bytes, str]:
    """What stands for the text above the cursor's line, and the line in front of the cursor."""
    head = line_before(ask.document, ask.offset)
    return _digest(_before(ask.document, ask.offset - len(head))), head


def _before(document: Document, offset: int) -> str:
    """The text in front of a place; of a very long one the end, cut at a line, in steps seldom reached."""
    if offset <= 2 * _CUT:
        return document.text[:offset]
    cut = (offset // _CUT - 1) * _CUT
    return document.text[document.text.find("\n", cut, offset) + 1 : offset]


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
