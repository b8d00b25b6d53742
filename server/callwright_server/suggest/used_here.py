"""What code does with a receiver says what it will do with it next: mixes that into the model's order.

A cache model: the probability of a member is the model's, for the most part, and for the rest its shares in
what the file above the cursor asks of such a receiver, in what the folder's other files ask of one, and in
what stands behind any dot above. Uses count more, and all of them together more, the more of the words in
front of the dot are the same.
Source: Tu, Su and Devanbu, *On the Localness of Software* (2014).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from callwright_server.suggest.uses import Use, in_front, uses_in

SAME_RECEIVER = NAMED_ALIKE = ANY_RECEIVER = 0.05
"""Weights of the three shares, where only the word in front of the dot is the same (`docs/log.md`)."""
ALIKE = 3.0
"""How much more a use counts for each further word that is the same."""
SURER = 1.3
"""How much more all of them count together for each further word of the most alike one."""
_MOST = 0.9
_SEARCHED = 100_000
_LAST_LINES = 1_000


def mixed(
    found: Sequence[tuple[str, float]],
    names: Collection[str],
    before: str,
    nearby: Iterable[Use] = (),
) -> list[tuple[str, float]]:
    """Members with their log-probabilities, likeliest first; also such that only other uses speak for.

    Args:
        found: What the model finds likeliest, with its log-probabilities.
        names: What exists.
        before: The text up to the dot, the dot included.
        nearby: What the folder's other files ask of receivers.
    """
    front = in_front(before[-_LAST_LINES:])
    here = [use for use in uses_in(before[-_SEARCHED:]) if use.name in names]
    near = [use for use in nearby if use.name in names]
    shares = [_alike(here, front, SAME_RECEIVER), _alike(near, front, NAMED_ALIKE), _any(here)]
    rest = 1 - min(_MOST, sum(weight for weight, _ in shares))
    likely = {name: rest * math.exp(score) for name, score in found}
    for weight, share in shares:
        for name, part in share.items():
            likely[name] = likely.get(name, 0.0) + weight * part
    order = sorted(likely, key=lambda name: -likely[name])
    return [(name, math.log(max(likely[name], 1e-30))) for name in order]


def _alike(uses: Iterable[Use], front: tuple[str, ...], weight: float) -> tuple[float, dict[str, float]]:
    """The weight and the shares of what is asked of such a receiver as stands in front."""
    counts: Counter[str] = Counter()
    most = 0
    for use in uses:
        if same := use.alike(front):
            most = max(most, same)
            counts[use.name] += ALIKE**same  # type: ignore[assignment]
    return (min(_MOST, weight * SURER ** (most - 1)) if counts else 0.0), _shares(counts)


def _any(uses: Iterable[Use]) -> tuple[float, dict[str, float]]:
    counts = Counter(use.name for use in uses)
    return (ANY_RECEIVER if counts else 0.0), _shares(counts)


def _shares(counts: Counter[str]) -> dict[str, float]:
    total = counts.total()
    return {name: count / total for name, count in counts.items()}
