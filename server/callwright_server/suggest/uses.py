"""What code asks of things behind dots, and how alike two places are: the words in front tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import NamedTuple

COMPARED = 10
"""Words and signs in front of a dot that are compared at most."""
_WORDS = re.compile(r"[^\W\d]\w*|\d+|\n|[^\w\s]")


class Use(NamedTuple):
    """Something that stands behind a dot."""

    before: tuple[str, ...]
    """Words and signs in front of the dot, the nearest first; a line's end counts as one."""
    name: str

    def alike(self, before: tuple[str, ...]) -> int:
        """How many words in front of another dot are the same, counted from the dot."""
        return sum(
            1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(self.before, before, strict=False))
        )


def uses_in(text: str) -> Iterator[Use]:
    """What stands behind all dots of a text."""
    words = _words(text)
    for place in range(1, len(words) - 1):
        if words[place] == "." and words[place + 1].isidentifier():
            yield Use(_in_front(words, place), words[place + 1])


def in_front(text: str) -> tuple[str, ...]:
    """The words in front of the dot that a text ends with, the nearest first.

    Args:
        text: A few lines are enough.
    """
    words = _words(text)
    return _in_front(words, len(words) - 1)


def _in_front(words: list[str], dot: int) -> tuple[str, ...]:
    return tuple(words[max(0, dot - COMPARED) : dot][::-1])


def _words(text: str) -> list[str]:
    """Words, signs and line ends of a text; several line ends are one."""
    found: list[str] = []
    for word in _WORDS.findall(text):
        if word != "\n" or (found and found[-1] != "\n"):
            found.append(word)
    return found
