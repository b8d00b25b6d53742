"""Guesses what comes next from the text itself: code repeats its names and calls.

A guess is read together with the token that is due anyway, in one pass that costs little more; the model's
own choice then decides how much of it stands. The result is the same as without guessing.
Source: prompt lookup decoding (Saxena, 2023).
"""

from __future__ import annotations

from collections.abc import Iterable


class Drafter:
    """Proposes what followed the last two tokens when they stood together before.

    Args:
        tokens: The text so far.
        limit: Tokens to propose at most; 0 proposes nothing.
    """

    def __init__(self, tokens: Iterable[int], limit: int) -> None:
        self._limit = limit
        self._length = min(2, limit)
        self._proposed = self._confirmed = 0
        self._tokens: list[int] = []
        self._after: dict[tuple[int, int], int] = {}
        for token in tokens if limit else ():
            self.add(token)

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
        if len(self._tokens) < 2:
            return []
        place = self._after.get((self._tokens[-2], self._tokens[-1]))
        if place is None:
            return []
        period = len(self._tokens) - place  # what runs out of text goes on as it began
        self._proposed = self._length
        return [self._tokens[place + step % period] for step in range(self._length)]
