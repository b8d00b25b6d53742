"""Where in a statement the cursor stands: after a dot, in an import, at an argument, in a string.

Reads the text of one unfinished statement from its start to the cursor; asks nobody what names mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n\f]+|\\\n)
    |(?P<comment>\#[^\n]*)
    |(?P<string>(?i:[rbfut]|[bf]r|r[bf]|tr|rt)?(?:'''|\"""|'|"))
    |(?P<name>[^\W\d]\w*)
    |(?P<number>\d[\w.]*)
    |(?P<operator>==|!=|<=|>=|->|:=|\*\*|//|.)""",
    re.VERBOSE | re.DOTALL,
)
_OPENING = {"(": ")", "[": "]", "{": "}"}


@dataclass
class Bracket:
    """An open bracket and what was written in it so far."""

    character: str
    callee_end: int | None
    """Where the callee's text ends; ``None`` where this bracket calls nothing."""
    argument: int
    """Where the current argument starts."""
    count: int = 0
    """Arguments before the current one."""
    keywords: list[str] = field(default_factory=list)
    """Keywords written so far, that of the current argument included."""


@dataclass(frozen=True)
class Spot:
    """The kind of place the cursor is at."""

    kind: str
    """``attribute``, ``from`` (import), ``module``, ``argument``, ``string``, ``comment``; else ``free``."""
    prefix: str = ""
    """What is typed of the name already."""
    receiver: str = ""
    """Source of what stands before the dot, of the callee, or the module of an import."""
    used: tuple[str, ...] = ()
    """Keywords or names that were written before, in the same call or import."""
    count: int = 0
    """Arguments before this one."""
    keyword: str = ""
    """The keyword of the argument that a string is, where it has one."""
    quote: str = ""
    """The quotes a string began with."""
    sole: bool = True
    """Whether a string is all that its argument holds so far."""


@dataclass(frozen=True)
class _Piece:
    kind: str
    start: int
    end: int


def spot(statement: str) -> Spot:
    """The place at the end of an unfinished statement."""
    pieces: list[_Piece] = []
    brackets: list[Bracket] = []
    at = 0
    while at < len(statement):
        found = _TOKEN.match(statement, at)
        if found is None:  # pragma: no cover (the last alternative takes anything)
            break
        kind = found.lastgroup or ""
        if kind == "string":
            end = _string_end(statement, found.end(), found.group().lstrip("rbfutRBFUT"))
            if end is None:
                return _in_string(statement, pieces, brackets, found.start(), found.end())
            pieces.append(_Piece("string", at, end))
            at = end
            continue
        if kind == "comment" and found.end() == len(statement):
            return Spot("comment")
        if kind in ("name", "number", "operator"):
            _note(statement, pieces, brackets, _Piece(kind, at, found.end()))
        at = found.end()
    return _at_end(statement, pieces, brackets)


def statement_start(text: str) -> int:
    """Where the statement that the text ends in starts: its line, or the line where an open bracket began."""
    at = start = _anchor(text)
    depth = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:  # pragma: no cover (the last alternative takes anything)
            break
        piece, end = found.group(), found.end()
        if found.lastgroup == "string":
            end = _string_end(text, end, piece.lstrip("rbfutRBFUT")) or len(text)
        elif piece in ("(", "[", "{"):
            depth += 1
        elif piece in (")", "]", "}"):
            depth = max(0, depth - 1)
        elif piece == ";" and not depth:
            start = end
        elif found.lastgroup == "space" and "\n" in piece and not depth and not piece.startswith("\\"):
            start = at + piece.rindex("\n") + 1
        at = end
    return start


def _anchor(text: str) -> int:
    """The start of the last line that surely begins a statement: not indented, closing nothing."""
    end = len(text)
    for _ in range(400):
        start = text.rfind("\n", 0, end) + 1
        line = text[start:end]
        if not start or ((line[:1].isalpha() or line[:1] in "_@#") and text.count("\n", start) > 0):
            return start
        end = start - 1
    return start


def _string_end(text: str, at: int, quote: str) -> int | None:
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text.startswith(quote, at):
            return at + len(quote)
        elif len(quote) == 1 and text[at] == "\n":
            return at
        else:
            at += 1
    return None


def _note(statement: str, pieces: list[_Piece], brackets: list[Bracket], piece: _Piece) -> None:
    text = statement[piece.start : piece.end]
    if text in _OPENING:
        last = pieces[-1] if pieces else None
        callee = None
        if text == "(" and last is not None and _ends_primary(statement, last):
            callee = last.end
        brackets.append(Bracket(text, callee, piece.end))
    elif text in ")]}" and brackets:
        brackets.pop()
    elif text == "," and brackets:
        brackets[-1].argument, brackets[-1].count = piece.end, brackets[-1].count + 1
    elif text == "=" and brackets and brackets[-1].character == "(" and pieces and pieces[-1].kind == "name":
        name = pieces[-1]
        begins = not statement[brackets[-1].argument : name.start].strip()
        brackets[-1].keywords += [statement[name.start : name.end]] if begins else []
    pieces.append(piece)


_WORDS = frozenset({
    "and", "assert", "await", "class", "def", "del", "elif", "else", "except", "for", "from", "if", "import",
    "in", "is", "lambda", "not", "or", "raise", "return", "while", "with", "yield",
})  # fmt: skip


def _ends_primary(statement: str, piece: _Piece) -> bool:
    text = statement[piece.start : piece.end]
    return (piece.kind == "name" and text not in _WORDS) or text in (")", "]")


def _in_string(
    statement: str, pieces: list[_Piece], brackets: list[Bracket], start: int, content: int
) -> Spot:
    opening = statement[start:content]
    quote = opening.lstrip("rbfutRBFUT")
    bracket = brackets[-1] if brackets else None
    if bracket is None or bracket.callee_end is None:
        return Spot("string", statement[content:], quote=quote, sole=False)
    before = statement[bracket.argument : start].strip()
    named = re.fullmatch(r"(\w+)\s*=", before)
    return Spot(
        "string",
        statement[content:],
        primary(statement[: bracket.callee_end]),
        tuple(bracket.keywords),
        bracket.count,
        named[1] if named else "",
        quote,
        sole=(not before or named is not None) and len(opening) == len(quote),
    )


def _at_end(statement: str, pieces: list[_Piece], brackets: list[Bracket]) -> Spot:
    last = pieces[-1] if pieces else None
    typed = last is not None and last.kind == "name" and last.end == len(statement)
    prefix = statement[last.start :] if typed and last is not None else ""
    start = len(statement) - len(prefix)
    before = (pieces[-2] if len(pieces) > 1 else None) if typed else last
    head = statement.lstrip()
    found = re.match(r"from\s+([\w.]+)\s+import\s+\(?([\w\s,]*)$", head)
    if found is not None:
        names = found[2][: len(found[2]) - len(prefix)]
        used = tuple(name.split()[0] for name in names.split(",") if name.split())
        expecting = not names.strip() or names.rstrip().endswith(",")
        return Spot("from", prefix, found[1], used) if expecting else Spot("free", prefix)
    found = re.match(r"(?:from\s+|import\s+(?:[\w.]+(?:\s+as\s+\w+)?\s*,\s*)*)((?:\w+\.)*)(\w*)$", head)
    if found is not None:
        return Spot("module", found[2], found[1].rstrip("."))
    if (
        before is not None
        and statement[before.start : before.end] == "."
        and not statement[before.end : start].strip()
    ):
        return Spot("attribute", prefix, primary(statement[: before.start]))
    bracket = brackets[-1] if brackets else None
    if (
        bracket is not None
        and bracket.callee_end is not None
        and not statement[bracket.argument : start].strip()
    ):
        callee = primary(statement[: bracket.callee_end])
        return Spot("argument", prefix, callee, tuple(bracket.keywords), bracket.count)
    return Spot("free", prefix)


def primary(text: str) -> str:
    """The expression that a text ends in, as far as a dot can follow it."""
    end = len(text.rstrip())
    at = end
    while True:
        at = len(text[:at].rstrip())
        if not at:
            return ""
        character = text[at - 1]
        if character in ")]}":
            opened = _opening(text, at)
            if opened is None:
                return ""
            at = opened
            follows = text[:at].rstrip()
            if follows and (follows[-1].isalnum() or follows[-1] in "_)]\"'") and not _ends_in_word(follows):
                continue
            return text[at:end]
        if character in "\"'":
            started = _string_start(text, at)
            return "" if started is None else text[started:end]
        found = re.search(r"[^\W\d]\w*$", text[:at])
        if found is None:
            return ""
        at = found.start()
        rest = text[:at].rstrip()
        if not rest.endswith("."):
            return text[at:end]
        at = len(rest) - 1


def _ends_in_word(text: str) -> bool:
    found = re.search(r"\w+$", text)
    return found is not None and found[0] in _WORDS


def _opening(text: str, end: int) -> int | None:
    """Where the bracket that closes at ``end`` was opened; strings in between are skipped from the left."""
    stack: list[int] = []
    pairs: dict[int, int] = {}
    at = 0
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            return None
        if found.lastgroup == "string":
            at = _string_end(text, found.end(), found.group().lstrip("rbfutRBFUT")) or end
            continue
        if found.group() in ("(", "[", "{"):
            stack.append(at)
        elif found.group() in (")", "]", "}") and stack:
            pairs[at] = stack.pop()
        at = found.end()
    return pairs.get(end - 1)


def _string_start(text: str, end: int) -> int | None:
    at = 0
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            return None
        if found.lastgroup == "string":
            stop = _string_end(text, found.end(), found.group().lstrip("rbfutRBFUT"))
            if stop is None or stop >= end:
                return at if stop == end else None
            at = stop
            continue
        at = found.end()
    return None
