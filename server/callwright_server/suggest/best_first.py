"""Ranks names by how likely the model would write them: best first over a trie of their tokens.

Nothing is likelier than its own beginning, so whatever comes off the queue complete is likelier than all that
is still in it: the first names found are the best, and most names are never looked at.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from callwright_grounding.masks import NameTrie
from callwright_grounding.masks.vocabulary import Ids

LogProbs = NDArray[np.float32]
Following = Callable[[Sequence[int]], LogProbs]
"""Log-probabilities of the token after some tokens; raises where nobody waits any more."""


def best_first(trie: NameTrie, following: Following, ends: Ids) -> Iterator[tuple[tuple[int, ...], float]]:
    """The names of a trie, likeliest first, as tokens and log-probability.

    Args:
        trie: The names.
        following: The model's opinion of what comes next.
        ends: Tokens that may stand behind a name; where a name also begins others, they decide between them.
    """
    queue: list[tuple[float, tuple[int, ...], bool]] = [(0.0, (), False)]
    while queue:
        cost, tokens, complete = heapq.heappop(queue)
        if complete:
            yield tokens, -cost
            continue
        children, is_name = trie.children(tokens)
        if is_name and not children:
            heapq.heappush(queue, (cost, tokens, True))
            continue
        likely = following(tokens)
        for token in children:
            heapq.heappush(queue, (cost - float(likely[token]), (*tokens, token), False))
        if is_name:
            heapq.heappush(queue, (cost - _any_of(likely, ends), tokens, True))


def _any_of(likely: LogProbs, tokens: Ids) -> float:
    """The log-probability that one of some tokens comes."""
    chosen = likely[tokens]
    highest = float(chosen.max())
    return highest + float(np.log(np.exp(chosen - highest).sum()))
