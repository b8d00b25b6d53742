"""Texts that are still in memory: which of their tokens a new request can take over."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from callwright_server.engine.graph import Graph, KeyValues, Logits

_WORTH_KEEPING = 16
"""A text that shares fewer tokens than this with the request is left alone while there is another slot."""


class Slot:
    """One text: its tokens, and their keys and values.

    Args:
        keys_and_values: Buffers for one text.
    """

    def __init__(self, keys_and_values: KeyValues) -> None:
        self._cache = keys_and_values
        self.tokens: list[int] = []

    @property
    def room(self) -> int:
        """Tokens that can still be added."""
        return self._cache.capacity - len(self.tokens)

    def common(self, tokens: Sequence[int]) -> int:
        """How many tokens at the start are the same."""
        return common_length(self.tokens, tokens)

    def rewind(self, length: int) -> None:
        """Forget every token from ``length`` on."""
        del self.tokens[length:]

    def read(self, tokens: Sequence[int], rows: int = 1) -> Logits:
        """Add tokens to the text.

        Args:
            tokens: What to add; at least one.
            rows: How many of the last places want logits.

        Returns:
            ``[rows, vocabulary]``: each row is the distribution of the token after that place.
        """
        ids = np.array([tokens], np.int64)
        past = np.array([len(self.tokens)], np.int32)
        logits = self._cache.run(ids, past, np.arange(len(tokens) - rows, len(tokens), dtype=np.int64))
        self.tokens.extend(tokens)
        return logits


class Slots:
    """A few texts, the most recently used first.

    Args:
        graph: The graph that reads them.
        count: How many are kept.
        capacity: Tokens that each has room for.
    """

    def __init__(self, graph: Graph, count: int, capacity: int) -> None:
        self.capacity = capacity
        # The buffers are zeroed lazily by the operating system: an unused slot takes no memory.
        self._slots = [Slot(graph.cache(capacity)) for _ in range(count)]

    def take(self, tokens: Sequence[int]) -> tuple[Slot, int]:
        """The slot that has most of a text already, rewound to what they share.

        At least one token is left to read, because its logits are wanted.

        Returns:
            The slot, and how many tokens it already has.
        """
        best = max(self._slots, key=lambda slot: slot.common(tokens))
        if best.common(tokens) < min(_WORTH_KEEPING, len(best.tokens)):
            best = self._slots[-1]
        self._slots.remove(best)
        self._slots.insert(0, best)
        reused = min(best.common(tokens), len(tokens) - 1)
        best.rewind(reused)
        return best, reused

    def clear(self) -> None:
        """Forget every text."""
        for slot in self._slots:
            slot.rewind(0)


def common_length(left: Sequence[int], right: Sequence[int]) -> int:
    """Length of the longest common start."""
    for index, (one, other) in enumerate(zip(left, right, strict=False)):
        if one != other:
            return index
    return min(len(left), len(right))
