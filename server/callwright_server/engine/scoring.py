"""Log-probabilities of given texts: one prefix with many continuations, or a prefix for each continuation.

Nothing here is read in batches: on a CPU a pass over some 64 tokens is as efficient per token as a pass over
500, and between passes a newer request can take over.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from numpy.typing import NDArray

from callwright_server.engine.decoding import token_log_probs
from callwright_server.engine.graph import Graph
from callwright_server.engine.slots import Slot, common_length

Check = Callable[[], None]
Tokens = tuple[int, ...]
Array = NDArray[Any]


def score_continuations(
    slot: Slot, prefix: Sequence[int], continuations: Sequence[Tokens], chunk: int, check: Check
) -> list[list[float]]:
    """Score many continuations of one prefix, reading what several of them share once.

    Args:
        slot: Has the prefix without its last token.
        prefix: The shared prefix; at least one token.
        continuations: Token ids; the result keeps their order.
        chunk: Tokens read at a time.
        check: Called before every pass; may raise.
    """
    scores: dict[Tokens, list[float]] = {}
    previous: Tokens = ()
    for continuation in sorted(set(continuations)):
        shared = common_length(previous, continuation)
        known = scores.get(previous, [])[:shared]
        # The last shared token is read again: its logits score the first one that differs.
        slot.rewind(len(prefix) + shared - 1)
        fresh = (*prefix[-1:], *continuation)[shared:]
        scores[continuation] = known + _score_chunks(slot, fresh, chunk, check)
        previous = continuation
    return [scores[continuation] for continuation in continuations]


class PairScorer:
    """Scores continuations of different prefixes, and remembers the prefixes' keys and values.

    One pair after the other: the attention operator reads a batch of texts that are already begun only one
    token at a time.

    Args:
        graph: The graph.
        capacity: Tokens that a pair may have.
        chunk: Tokens read at a time.
        budget: Bytes of remembered keys and values; the least recently used go first.
    """

    def __init__(self, graph: Graph, capacity: int, chunk: int, budget: int) -> None:
        self._cache, self._chunk, self._budget = graph.cache(capacity), chunk, budget
        self._remembered: OrderedDict[Tokens, Array] = OrderedDict()
        self._used = 0

    def score(self, pairs: Sequence[tuple[Tokens, Tokens]], check: Check) -> list[list[float]]:
        """Log-probabilities of each pair's continuation after its prefix, which has at least one token.

        Args:
            pairs: Prefix and continuation of each.
            check: Called before every pass; may raise.
        """
        return [self._score(prefix, continuation, check) for prefix, continuation in pairs]

    def _score(self, prefix: Tokens, continuation: Tokens, check: Check) -> list[float]:
        check()
        slot = Slot(self._cache)
        known = prefix[:-1]
        if (remembered := self._remembered.get(known)) is not None:
            self._remembered.move_to_end(known)
            self._cache.restore(remembered)
            slot.tokens = list(known)
            return _score_chunks(slot, (prefix[-1], *continuation), self._chunk, check)
        # Whatever is read of a new prefix is read together with its continuation.
        scores = _score_chunks(slot, (*prefix, *continuation), self._chunk, check, skip=len(known))
        self._remember(known)
        return scores

    def _remember(self, prefix: Tokens) -> None:
        copy = self._cache.copy(len(prefix))
        if copy.nbytes > self._budget:
            return
        self._remembered[prefix] = copy
        self._used += copy.nbytes
        while self._used > self._budget:
            self._used -= self._remembered.popitem(last=False)[1].nbytes


def _score_chunks(slot: Slot, tokens: Tokens, chunk: int, check: Check, skip: int = 0) -> list[float]:
    """Log-probabilities of every token after the first ``skip + 1``; the last one need not be read."""
    scores: list[float] = []
    for start in range(0, len(tokens) - 1, chunk):
        check()
        part = tokens[start : min(start + chunk, len(tokens) - 1)]
        following = tokens[max(start, skip) + 1 : start + 1 + len(part)]
        logits = slot.read(part, rows=max(1, len(following)))
        scores += token_log_probs(logits, following)
    return scores
