r"""A text buffer, and places in it.

Offsets and columns count code points. Lines end with ``\n``, ``\r\n`` or ``\r`` and with nothing else:
that is what the Language Server Protocol says, and what ``str.splitlines`` does not do. UTF-16 is the LSP
layer's affair.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Document:
    """One state of a buffer. Editing gives a new one."""

    text: str
    """The whole text."""
    path: Path | None = None
    """Where it lies; ``None`` where it lies nowhere, or nobody knows."""

    @cached_property
    def starts(self) -> list[int]:
        """Offset of the first character of every line; there is always a first line."""
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    @cached_property
    def newline(self) -> str:
        """What ends the first line; a line feed where there is only one line."""
        match = _LINE_END.search(self.text)
        return match.group() if match else "\n"

    def line(self, number: int) -> str:
        """The text of a line, from 0, without its end; empty beyond the last."""
        if not 0 <= number < len(self.starts):
            return ""
        start = self.starts[number]
        end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 0."""
        line = bisect_right(self.starts, offset) - 1
        return line, offset - self.starts[line]

    def offset(self, line: int, column: int) -> int:
        """Offset of a place; beyond a line's end is its end, beyond the last line is the end of the text."""
        if line >= len(self.starts):
            return len(self.text)
        return self.starts[line] + min(column, len(self.line(line)))

    def edited(self, start: int, end: int, text: str) -> Document:
        """The document with ``text`` in the place of what stands between two offsets.

        Costs a copy of the text and of the line table; a line is not looked at again unless the edit touches
        it.
        """
        document = Document(self.text[:start] + text + self.text[end:], self.path)
        if "starts" in self.__dict__:
            # The cached property of a frozen class: what it would compute, from what is known already.
            document.__dict__["starts"] = self._starts_after(document.text, start, end, len(text))
        return document

    def _starts_after(self, text: str, start: int, end: int, inserted: int) -> list[int]:
        # An edit may join or part the halves of a `\r\n`: look again from one character before to one after.
        first = max(0, start - 1)
        last = min(len(text), start + inserted + 1)
        shift = inserted - (end - start)
        kept = self.starts[: bisect_right(self.starts, first)]
        between = [
            match.end()
            for match in _LINE_END.finditer(text, first, min(len(text), last + 1))
            if first < match.end() <= last
        ]
        after = self.starts[bisect_right(self.starts, last - shift) :]
        return [*kept, *between, *(offset + shift for offset in after)]


def line_before(document: Document, offset: int) -> str:
    """What stands on the cursor's line in front of the cursor."""
    start = document.starts[bisect_right(document.starts, offset) - 1]
    return document.text[start:offset]


def line_after(document: Document, offset: int) -> str:
    """What stands on the cursor's line behind the cursor, without the line's end."""
    position = bisect_left(document.starts, offset + 1)
    end = document.starts[position] if position < len(document.starts) else len(document.text)
    return document.text[offset:end].rstrip("\r\n")
