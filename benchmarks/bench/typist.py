"""A typing trace: 2,000 keystrokes over real scripts, the same ones every time.

Nobody was recorded. A fixed seed types the end of each script of ``scripts/`` behind its beginning, at the
speed of someone who types fast (median 110 ms between two keys, 85 words a minute), with pauses to think at
line ends, slips that are deleted again, words that are written twice, and jumps back into what is written.
The indentation of a new line comes with the line break, as editors do it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SCRIPTS = Path(__file__).parent / "scripts"
TYPED_FROM = "# typed from here\n"
KEYSTROKES = 2000
LONGEST_PAUSE = 2.5
"""Seconds; whoever thinks longer has the answer already, so that a longer trace would show nothing more."""

_KEY, _SPREAD = 0.110, 0.35
_SLIP, _REWRITE, _VISIT = 0.012, 0.15, 0.15
_NEIGHBOURS = "asdfghjklqwertyuiop"
_LAST_WORD = re.compile(r"\w{3,}\Z")
_LITERAL = re.compile(r"\"([a-z]\w+)\"")


@dataclass(frozen=True, slots=True)
class Keystroke:
    """One key: the text between two offsets is replaced, and the cursor stands behind it.

    A key that only moves the cursor replaces nothing by nothing.
    """

    after: float
    """Seconds since the key before."""
    start: int
    end: int
    text: str

    @property
    def edits(self) -> bool:
        """Whether the text changes."""
        return self.start != self.end or bool(self.text)


@dataclass(frozen=True, slots=True)
class Session:
    """What is typed into one file."""

    name: str
    before: str
    """What the file holds already."""
    keystrokes: tuple[Keystroke, ...]


def sessions(keystrokes: int = KEYSTROKES, seed: int = 1) -> list[Session]:
    """The trace, cut off after so many keystrokes."""
    found = []
    for path in sorted(SCRIPTS.glob("*.txt")):
        before, _, typed = path.read_text(encoding="utf-8").partition(TYPED_FROM)
        keys = tuple(_Typist(before, seed).write(typed))[: max(0, keystrokes)]
        found.append(Session(path.name.partition(".")[0], before, keys))
        keystrokes -= len(keys)
    return found


class _Typist:
    """Writes one file; knows the text as it stands.

    Args:
        text: What the file holds; the cursor stands at its end.
        seed: Of pauses and slips.
    """

    def __init__(self, text: str, seed: int) -> None:
        self.text = text
        self._random = random.Random(seed)

    def write(self, typed: str) -> Iterator[Keystroke]:
        """Type a text at the end, by way of slips, second thoughts and visits to what is above."""
        place = 0
        while place < len(typed):
            line_end = re.compile(r"\n[ \n]*").match(typed, place)
            if line_end:
                yield from self._end_line(line_end.group())
                place = line_end.end()
                continue
            if self._random.random() < _SLIP:
                yield self._type(self._random.choice(_NEIGHBOURS))
                yield self._erase(1, self._pause(0.25))
            yield self._type(typed[place])
            place += 1
            if typed[place - 1] == " " and self._random.random() < _REWRITE:
                yield from self._rewrite()

    def _end_line(self, ending: str) -> Iterator[Keystroke]:
        """Line breaks, the indentation with the last; then sometimes a look at a line above."""
        breaks = ending.count("\n")
        for number in range(breaks):
            indent = ending.rpartition("\n")[2] if number == breaks - 1 else ""
            yield self._type("\n" + indent, self._pause(0.2))
        if self._random.random() < _VISIT:
            yield from self._visit()

    def _rewrite(self) -> Iterator[Keystroke]:
        """The last word once more: deleted letter by letter, and written again."""
        word = _LAST_WORD.search(self.text.rstrip(" "))
        if word is None:
            return
        again = self.text[word.start() :]
        for _ in again:
            yield self._erase(1, self._pause(0.07))
        for letter in again:
            yield self._type(letter)

    def _visit(self) -> Iterator[Keystroke]:
        """Go to a string above, write it differently and back again, and return to the end."""
        literals = list(_LITERAL.finditer(self.text))
        if not literals:
            return
        at = self._random.choice(literals[-4:]).end(1)
        yield Keystroke(self._pause(0.9), at, at, "")
        for letter in "s2":
            yield self._insert(at, letter)
            at += 1
        for _ in "s2":
            yield self._delete(at)
            at -= 1
        yield Keystroke(self._pause(0.5), len(self.text), len(self.text), "")

    def _type(self, text: str, after: float | None = None) -> Keystroke:
        return self._insert(len(self.text), text, after)

    def _erase(self, count: int, after: float) -> Keystroke:
        key = Keystroke(after, len(self.text) - count, len(self.text), "")
        self.text = self.text[:-count]
        return key

    def _insert(self, at: int, text: str, after: float | None = None) -> Keystroke:
        after = self._thought(at) if after is None else after
        self.text = self.text[:at] + text + self.text[at:]
        return Keystroke(after, at, at, text)

    def _delete(self, at: int) -> Keystroke:
        self.text = self.text[: at - 1] + self.text[at:]
        return Keystroke(self._pause(0.15), at - 1, at, "")

    def _thought(self, at: int) -> float:
        """The pause before a key: longest where a line begins, long behind a bracket or an assignment."""
        before = self.text[:at]
        if before.rstrip(" ").endswith("\n"):
            return self._pause(0.8)
        if before.endswith(("(", "= ", ", ", ".")) and self._random.random() < 0.3:
            return self._pause(0.4)
        return self._pause(_KEY)

    def _pause(self, median: float) -> float:
        return round(min(self._random.lognormvariate(0, _SPREAD) * median, LONGEST_PAUSE), 3)
