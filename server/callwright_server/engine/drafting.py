"""Guesses what comes next from the text itself: code repeats its names and calls.

A guess is read together with the token that is due anyway, in one pass that costs little more; the model's
own choice then decides how much of it stands. The result is the same as without guessing.
Source: prompt lookup decoding (Saxena, 2023).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

_LONGEST_EXPECTED = 12
"""Tokens of an expected text that are read at once: a pass over so many takes two to three times one's."""
_REMEMBERED = 8


class Expected:
    """What was written after earlier prompts, also where it was given up half-way.

    While someone types what the model had in mind, each prompt lies within an earlier prompt and its
    continuation: the rest of that continuation is the best guess there is.

    Args:
        encode: The tokenizer's; adds nothing.
        decode: Its inverse.
    """

    def __init__(self, encode: Callable[[str], list[int]], decode: Callable[[Sequence[int]], str]) -> None:
        self._encode, self._decode = encode, decode
        self._written: deque[tuple[str, list[int]]] = deque(maxlen=_REMEMBERED)

    def remember(self, prompt: str, tokens: Sequence[int]) -> None:
        """This was written after that."""
        if tokens:
            self._written.appendleft((prompt, list(tokens)))

    def after(self, prompt: str) -> Callable[[Sequence[int]], list[int]]:
        """What is expected after a prompt, as a function of the tokens that are generated already."""
        known = next((tokens for before, tokens in self._written if before == prompt), [])
        rests = (whole[len(prompt) :] for whole in self._wholes() if whole.startswith(prompt))
        rest = next(filter(None, rests), "")
        return lambda generated: _behind(known, generated) or self._rest(rest, generated)

    def forget(self) -> None:
        """Expect nothing."""
        self._written.clear()

    def _wholes(self) -> Iterable[str]:
        return (prompt + self._decode(tokens) for prompt, tokens in self._written)

    def _rest(self, rest: str, generated: Sequence[int]) -> list[int]:
        done = self._decode(generated) if rest else ""
        if len(done) >= len(rest) or not rest.startswith(done):
            return []
        return self._encode(rest[len(done) :])[:_LONGEST_EXPECTED]


def _behind(known: list[int], generated: Sequence[int]) -> list[int]:
    """What of known tokens is left behind the generated ones; nothing where those are others."""
    done = len(generated)
    return known[done : done + _LONGEST_EXPECTED] if known[:done] == list(generated) else []


class Drafter:
    """Proposes what is expected, or what followed the last two tokens when they stood together before.

    Args:
        tokens: The text so far.
        limit: Tokens to propose from the text at most; 0 proposes nothing at all.
        expected: What is expected after the tokens that have been added.
    """

    def __init__(
        self,
        tokens: Iterable[int],
        limit: int,
        expected: Callable[[Sequence[int]], list[int]] = lambda generated: [],
    ) -> None:
        self._limit, self._expected = limit, expected
        self._length = min(2, limit)
        self._proposed = self._confirmed = 0
        self._tokens: list[int] = []
        self._after: dict[tuple[int, int], int] = {}
        for token in tokens if limit else ():
            self.add(token)
        self._start = len(self._tokens)

    def add(self, token: int) -> None:
        """The text goes on with this token."""
        if self._limit:
            # The newest pair is entered only now, so that it never finds itself.
            if len(self._tokens) >= 2:
                self._after[self._tokens[-2], self._tokens[-1]] = len(self._tokens)
            self._tokens.append(token)

    def propose(self, confirmed: int) -> list[int]:
        """What may come next; empty where the last two tokens are new.

        Proposes more after a good guess, and less after a bad one.

        Args:
            confirmed: How many proposed tokens have been confirmed so far, all proposals together.
        """
        if self._proposed:
            better = confirmed - self._confirmed == self._proposed
            self._length = min(2 * self._length, self._limit) if better else max(1, self._length // 2)
        self._confirmed, self._proposed = confirmed, 0
        if self._limit and (expected := self._expected(self._tokens[self._start :])):
            return expected
        if len(self._tokens) < 2:
            return []
        place = self._after.get((self._tokens[-2], self._tokens[-1]))
        if place is None:
            return []
        period = len(self._tokens) - place  # what runs out of text goes on as it began
        self._proposed = self._length
        return [self._tokens[place + step % period] for step in range(self._length)]
