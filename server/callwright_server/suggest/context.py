"""What could be suggested at a place: a whole call, the rest of a call or a line, or nothing and why.

Decided from the text alone; no model is asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from callwright_server.suggest import arguments
from callwright_server.suggest.arguments import Argument, Slot
from callwright_server.suggest.document import Document, line_after, line_before
from callwright_server.suggest.imports import bindings
from callwright_server.suggest.instruction import (
    comment_above,
    comment_text,
    is_instruction,
    surrounding_words,
)
from callwright_server.suggest.scan import Inside, Surroundings, scan
from callwright_server.suggest.shelf import Shelf

_CALLED = re.compile(r"([^\W\d]\w*(?:\s*\.\s*[^\W\d]\w*)*)\s*\Z")
_CALLED_WINDOW = 200
_QUOTES_SEARCHED = 20_000
_START_OF_CALL = re.compile(
    r"[ \t]*(?:(?:from|import)\b[\w., \t]*|(?:(?P<target>[^\W\d]\w*)[ \t]*=[ \t]*)?[\w.]*|\w+[ \t]*)"
)
_IDENTIFIER = re.compile(r"[^\W\d]\w*|")
_SPACE = re.compile(r"[ \t]*")
_NEXT_SIGN = re.compile(r"\s*(\S?)")


@dataclass(frozen=True, slots=True)
class WholeCall:
    """A comment asks for something, and here the call that does it could stand."""

    instruction: str
    """What the comment says."""
    start: int
    """Where the line begins, or, behind the comment itself, the cursor."""
    typed: str
    """What stands between ``start`` and the cursor."""
    indent: str
    """Indentation of the call."""
    target: str
    """Name that the call is assigned to, where one has been typed."""
    on_comment: bool = False
    """The cursor stands behind the comment: the call goes on the next line."""


@dataclass(frozen=True, slots=True)
class RestOfCall:
    """The cursor stands among the arguments of something the catalogue can call."""

    callable: str
    """In the catalogue's spelling: ``AutoModel.from_pretrained``."""
    spelt: str
    """As the file spells it: ``transformers.AutoModel.from_pretrained``."""
    written: tuple[tuple[Slot, str], ...]
    """Arguments that are there already, the one at the cursor left out."""
    slot: Slot | None
    """Slot of the argument at the cursor; ``None`` where nothing of it has been decided."""
    start: int
    """Where the value at the cursor begins."""
    typed: str
    """What of it stands in front of the cursor."""
    end: int
    """What lies between the cursor and here is closed by the suggestion itself: an editor's own ``")``."""
    quote: str
    """The quote to use."""
    space: str
    """What belongs between the cursor and the text: a space right behind a comma."""
    only_value: bool
    """More arguments follow: complete this one and no other."""
    closes: bool
    """Whether the bracket has still to be closed."""
    instruction: str
    """What the comment above or the names around say; empty where they say nothing."""


@dataclass(frozen=True, slots=True)
class RestOfLine:
    """Some other place in code, at the end of a line."""

    start: int
    """The cursor."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """A place where nothing is suggested."""

    reason: str
    """Why, as a user may read it."""


Context = WholeCall | RestOfCall | RestOfLine | Nothing


def context_at(document: Document, offset: int, shelf: Shelf) -> Context:
    """What could be suggested at ``offset``."""
    around = scan(document.text, offset)
    if around.inside is Inside.COMMENT:
        return _behind_comment(document, offset)
    if around.inside is Inside.LONG_STRING:
        return Nothing("the cursor is inside a triple-quoted string")
    if (found := _call_around(document, around, shelf)) is not None:
        return _rest_of_call(document, offset, around, found)
    if around.inside is Inside.STRING:
        return Nothing("the cursor is inside a string that no call of the catalogue takes")
    if line_after(document, offset).strip():
        return Nothing("there is code behind the cursor")
    if not around.brackets and (whole := _below_comment(document, offset, shelf)) is not None:
        return whole
    return RestOfLine(start=offset)


def _behind_comment(document: Document, offset: int) -> Context:
    line, _ = document.place(offset)
    text = comment_text(document.line(line))
    if text is None or line_after(document, offset).strip():
        return Nothing("the cursor is inside a comment")
    above = _comment_block(document, line)
    if not is_instruction(above):
        return Nothing("the comment asks for nothing that the catalogue could answer")
    if document.line(line + 1).strip():
        return Nothing("the line below the comment is written already")
    indent = _indent(document.line(line))
    return WholeCall(above, start=offset, typed="", indent=indent, target="", on_comment=True)


def _comment_block(document: Document, line: int) -> str:
    words: list[str] = []
    while line >= 0 and (text := comment_text(document.line(line))) is not None:
        words.insert(0, text)
        line -= 1
    return " ".join(" ".join(words).split())


def _below_comment(document: Document, offset: int, shelf: Shelf) -> Context | None:
    line, column = document.place(offset)
    typed = line_before(document, offset)
    start = _START_OF_CALL.fullmatch(typed)
    above = comment_above(document, line)
    if start is None or above is None:
        return None
    if _is_answered(document, line, shelf):
        return Nothing("the line below calls something of the catalogue already")
    indent = _indent(document.line(above[1])) if not typed.strip() else _indent(typed)
    target = start["target"] or ""
    return WholeCall(above[0], start=offset - column, typed=typed, indent=indent, target=target)


def _is_answered(document: Document, line: int, shelf: Shelf) -> bool:
    names = re.findall(r"([\w.]+)\(", document.line(line + 1))
    return any(shelf.called(name) for name in names)


@dataclass(frozen=True, slots=True)
class _Called:
    """The callable whose bracket is the innermost one."""

    name: str
    spelt: str
    opened: int
    """Offset behind the bracket."""


def _call_around(document: Document, around: Surroundings, shelf: Shelf) -> _Called | None:
    """What is being called, where the catalogue has it."""
    if not around.brackets or around.brackets[-1].char != "(":
        return None
    opened = around.brackets[-1].offset
    match = _CALLED.search(document.text, max(0, opened - _CALLED_WINDOW), opened)
    if match is None:
        return None
    written = re.sub(r"\s+", "", match.group(1))
    name = shelf.resolve(written, bindings(document.text))
    return _Called(name, written, opened + 1) if name else None


def _rest_of_call(document: Document, offset: int, around: Surroundings, called: _Called) -> Context:
    *done, current = arguments.split(document.text[called.opened : offset])
    start = called.opened + current.offset
    in_string = around.inside is Inside.STRING
    if in_string and around.since - len(around.quote) != start:
        return Nothing("the string at the cursor is only a part of the argument")
    if document.place(start)[0] != document.place(offset)[0] and current.source:
        return Nothing("the argument at the cursor spans several lines")
    whole_string = (
        isinstance(arguments.literal(current.source), str) and start + len(current.source) == offset
    )
    if not in_string and not whole_string and not _IDENTIFIER.fullmatch(current.source):
        return Nothing("the argument at the cursor is written already")
    behind = _behind(document, offset, around.quote if in_string else "")
    if behind is None:
        return Nothing("there is code behind the cursor")
    slot = _slot_at(called.name, done, current, in_string or whole_string)
    written = arguments.slots_of(called.name, [*done, *behind.arguments])
    line, _ = document.place(around.brackets[0].offset)
    above = comment_above(document, line)
    return RestOfCall(
        callable=called.name,
        spelt=called.spelt,
        written=tuple(written.items()),
        slot=slot,
        start=start if current.source else offset,
        typed=document.text[start:offset] if current.source else "",
        end=behind.end,
        quote=around.quote or (current.source[-1] if whole_string else usual_quote(document, offset)),
        space=" " if not current.source and document.text[offset - 1] == "," else "",
        only_value=behind.more,
        closes=behind.closes,
        instruction=above[0] if above else surrounding_words(document, line),
    )


def _slot_at(name: str, done: list[Argument], current: Argument, in_string: bool) -> Slot | None:
    if current.name is not None:
        return current.name
    return arguments.parameter_at(name, len(done)) if in_string else None


@dataclass(frozen=True, slots=True)
class _Behind:
    """What stands behind the cursor inside the call."""

    end: int
    closes: bool
    more: bool
    arguments: list[Argument]


def _behind(document: Document, offset: int, quote: str) -> _Behind | None:
    """Nothing, an editor's own closing signs, or more arguments; ``None`` where it is other code."""
    text = document.text
    after = line_after(document, offset)
    stop = offset + len(after)
    closed_string = bool(quote) and text.startswith(quote, offset)
    end = offset + len(quote) if closed_string else offset
    sign = _SPACE.match(text, end, stop)
    at = sign.end() if sign else end
    here = partial(_Behind, arguments=[])
    if text.startswith(")", at) and at < stop:
        return here(end=at + 1, closes=True, more=False)
    if at == stop or text.startswith("#", at):
        following = _NEXT_SIGN.match(text, stop)
        closed_below = following is not None and following.group(1) == ")"
        return here(end=end, closes=not closed_below, more=False)
    if text.startswith(",", at) and (closed_string or not quote):
        rest = text[at + 1 : stop]
        return _Behind(end=end, closes=False, more=True, arguments=_keywords(rest))
    return None


def _keywords(rest: str) -> list[Argument]:
    """Keyword arguments behind the cursor, up to the bracket that closes the call."""
    depth, cut = 0, len(rest)
    for position, character in enumerate(rest):
        depth += (character in "([{") - (character in ")]}")
        if depth < 0:
            cut = position
            break
    return [argument for argument in arguments.split(rest[:cut]) if argument.name]


def usual_quote(document: Document, offset: int) -> str:
    """The quote that a file uses most above a place, docstrings aside; the single one where it uses none."""
    text = document.text[max(0, offset - _QUOTES_SEARCHED) : offset]
    double, single = (text.count(quote) - 3 * text.count(3 * quote) for quote in "\"'")
    return '"' if double > single else "'"


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
