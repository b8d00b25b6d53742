"""Which catalogue call stands at a place, for whoever wants to know what it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from callwright_grounding.catalogue import CatalogueEntry
from callwright_server.suggest.arguments import (
    Argument,
    Left,
    Slot,
    agrees,
    literal,
    slots_of,
    slots_of_entry,
)
from callwright_server.suggest.document import Document
from callwright_server.suggest.freely import parsed_line
from callwright_server.suggest.imports import bindings_around
from callwright_server.suggest.shelf import Shelf

LONGEST = 200_000
"""Characters of the longest buffer that is parsed whole; of longer ones only the place's line is."""


@dataclass(frozen=True)
class Explained:
    """Catalogue entries that a place in a document is about."""

    entries: tuple[CatalogueEntry, ...]
    start: int
    """Offset where the call or the id begins."""
    end: int


def explained_at(document: Document, offset: int, shelf: Shelf) -> Explained | None:
    """What the catalogue knows of the call, or the string, at a place; ``None`` where that is nothing.

    A string is explained by the calls that name it; of those, the one it stands in goes before all others.
    """
    call = next(_calls(document, offset, shelf), None)
    string = _string_at(document, offset)
    if string is None:
        return call
    start, end, text = string
    if call is not None and call.start <= start and any(_holds_string(entry, text) for entry in call.entries):
        return Explained(call.entries, start, end)
    named = tuple(entry for entry in shelf.entries if _names(entry, text))
    return Explained(named, start, end) if named else None


def _names(entry: CatalogueEntry, text: str) -> bool:
    """Whether a string is an entry's id: a task or a keyword's value has no slash."""
    return entry.name == text or ("/" in text and _holds_string(entry, text))


def _holds_string(entry: CatalogueEntry, text: str) -> bool:
    return entry.parsed is not None and text in entry.parsed.strings


def _calls(document: Document, offset: int, shelf: Shelf) -> Iterator[Explained]:
    """The innermost calls around a place that the catalogue has."""
    tree, first = _parsed(document, offset)
    bound = bindings_around(document, offset)
    found = []
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Call) and (span := _span(document, node, first)) and _holds(span, offset):
            found.append((span[1] - span[0], span, node))
    for _, span, node in sorted(found, key=lambda item: item[0]):
        name = shelf.resolve(ast.unparse(node.func), bound)
        entries = _like(node, name, shelf) if name is not None else ()
        if entries:
            yield Explained(entries, *span)


def _like(node: ast.Call, name: str, shelf: Shelf) -> tuple[CatalogueEntry, ...]:
    """The entries whose every literal the call has."""
    arguments = [Argument(None, ast.unparse(item)) for item in node.args]
    arguments += [Argument(word.arg, ast.unparse(word.value)) for word in node.keywords if word.arg]
    written = slots_of(name, arguments)
    return tuple(
        entry
        for entry in shelf.called(name)
        if agrees(entry, written)
        and all(_is_written(left, written) for left in slots_of_entry(entry).values())
    )


def _is_written(left: Left, written: dict[Slot, str]) -> bool:
    """Whether a call has this argument of an entry's, where that is a text: others identify nothing."""
    text = literal(left.source)
    return not isinstance(text, str) or literal(written.get(left.slot, "")) == text


def _parsed(document: Document, offset: int) -> tuple[ast.Module | None, int]:
    """The syntax tree of the document, or of the place's line where that is no Python; its first line."""
    line = document.place(offset)[0]
    if len(document.text) <= LONGEST:
        try:
            return ast.parse(document.text.replace("\r\n", "\n").replace("\r", "\n")), 0
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass
    text = document.line(line)
    tree = parsed_line(text) if text[:1].strip() else None
    return tree, line


def _span(document: Document, node: ast.Call, first: int) -> tuple[int, int] | None:
    if node.end_lineno is None or node.end_col_offset is None:
        return None
    return (
        _offset(document, first + node.lineno - 1, node.col_offset),
        _offset(document, first + node.end_lineno - 1, node.end_col_offset),
    )


def _offset(document: Document, line: int, column: int) -> int:
    """The offset of a place of :mod:`ast`, which counts columns in bytes."""
    text = document.line(line)
    return document.offset(line, len(text.encode("utf-8", "replace")[:column].decode("utf-8", "ignore")))


def _holds(span: tuple[int, int], offset: int) -> bool:
    return span[0] <= offset <= span[1]


def _string_at(document: Document, offset: int) -> tuple[int, int, str] | None:
    """Start, end and text of the one-line string at a place, quotes left out."""
    line, column = document.place(offset)
    text, start = document.line(line), document.starts[line]
    quote, begin = "", 0
    for at, character in enumerate(text):
        if not quote and character in "'\"":
            quote, begin = character, at + 1
        elif quote and character == quote:
            if begin <= column <= at:
                return start + begin, start + at, text[begin:at]
            quote = ""
        elif not quote and character == "#":
            return None
    return None
