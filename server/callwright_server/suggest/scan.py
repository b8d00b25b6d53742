"""What surrounds a place in Python text that need not be Python yet: strings, comments, open brackets.

``tokenize`` gives up at the first unterminated string, and the cursor often stands in one; so this reads the
text up to the cursor by itself. It looks at brackets, quotes, comments and the beginnings of lines, and at
nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

WINDOW = 30_000
"""Characters in front of the cursor that are looked at; a triple-quoted string longer than that misleads."""

_QUOTE = r"(?:\b[rRbBuUfF]{1,2})?(?P<quote>'''|\"\"\"|'|\")"
_STATEMENT = (
    r"(?:(?:async\s+)?(?:def|class|import|return|with|while|try|raise)\b|@|from\s+[\w.]+\s+import\b"
    r"|(?P<target>[\w.]+)\s*=(?!=))"
)
_NEXT = re.compile(
    rf"(?P<comment>#)|{_QUOTE}|(?P<open>[(\[{{])|(?P<close>[)\]}}])|[\r\n](?P<indent>[ \t]*)(?={_STATEMENT})"
)
_ENDS = {
    **{quote: re.compile(rf"(?:[^\\\r\n{quote}]|\\(?:\r\n|.))*{quote}", re.DOTALL) for quote in ("'", '"')},
    **{quote: re.compile(rf"(?:[^\\]|\\.)*?{quote}", re.DOTALL) for quote in ("'''", '"""')},
}
_LINE_END = re.compile(r"[\r\n]")
_BLANK = re.compile(r"[ \t]*")


class Inside(Enum):
    """What a place is inside of."""

    CODE = "code"
    COMMENT = "a comment"
    STRING = "a string"
    LONG_STRING = "a triple-quoted string"


@dataclass(frozen=True, slots=True)
class Bracket:
    """An open bracket."""

    char: str
    offset: int


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What surrounds a place."""

    inside: Inside
    since: int
    """Offset just behind the quote or the ``#``; for code, of the place itself."""
    quote: str
    """The quote of the string that the place is in; empty elsewhere."""
    brackets: tuple[Bracket, ...]
    """The open brackets, the innermost last."""


def scan(text: str, offset: int) -> Surroundings:
    """What surrounds ``offset``, judged by the text in front of it.

    An open bracket ends where a statement begins that cannot be inside it, so that one forgotten bracket does
    not swallow the rest of the file.
    """
    position = _window_start(text, offset)
    brackets: list[Bracket] = []
    while match := _NEXT.search(text, position, offset):
        position = match.end()
        if match["comment"]:
            end = _LINE_END.search(text, position, offset)
            if end is None:
                return Surroundings(Inside.COMMENT, position, "", tuple(brackets))
            position = end.start()
        elif quote := match["quote"]:
            closed = _ENDS[quote].match(text, position, offset)
            if closed is None and (len(quote) == 3 or not _LINE_END.search(text, position, offset)):
                inside = Inside.LONG_STRING if len(quote) == 3 else Inside.STRING
                return Surroundings(inside, position, quote, tuple(brackets))
            position = closed.end() if closed else _end_of_line(text, position)
        elif match["open"]:
            brackets.append(Bracket(match["open"], match.start()))
        elif match["close"]:
            if brackets:
                brackets.pop()
        elif brackets and _ends_brackets(text, match, brackets[0]):
            brackets.clear()
    return Surroundings(Inside.CODE, offset, "", tuple(brackets))


def _ends_brackets(text: str, statement: re.Match[str], outermost: Bracket) -> bool:
    """Whether this statement at a line's beginning shows that a bracket above was never closed."""
    if statement["target"] is None:
        return True
    # `name = …` may be a keyword argument; not so where it is no deeper than the line that opened the
    # bracket.
    line = max(text.rfind("\n", 0, outermost.offset), text.rfind("\r", 0, outermost.offset)) + 1
    opened = _BLANK.match(text, line)
    return opened is not None and len(statement["indent"]) <= len(opened.group())


def _window_start(text: str, offset: int) -> int:
    if offset <= WINDOW:
        return 0
    return text.find("\n", offset - WINDOW, offset) + 1 or offset - WINDOW


def _end_of_line(text: str, position: int) -> int:
    end = _LINE_END.search(text, position)
    return end.start() if end else len(text)
