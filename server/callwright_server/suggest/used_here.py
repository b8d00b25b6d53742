"""What a file does with a receiver says what it will do with it next: mixes that into the model's order.

A cache model: the probability of a member is the model's, for the most part, and for the rest the share that
it has of what stands behind dots above the cursor, behind the same receiver and behind any, and of what the
folder's other files ask a receiver of that name for.
Source: Tu, Su and Devanbu, *On the Localness of Software* (2014).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

SAME_RECEIVER, ANY_RECEIVER = 0.1, 0.05
"""Weights of the two shares; any from 0.02 to 0.3 give nearly the same order (`docs/log.md`)."""
NAMED_ALIKE = 0.03
"""Weight of the share in other files; from 0.02 to 0.3 it makes little difference."""
_SEARCHED = 100_000
_RECEIVER = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*(?=\s*\.\s*\Z)")
_MEMBER = re.compile(r"\.\s*([^\W\d]\w*)")


def mixed(
    found: Sequence[tuple[str, float]],
    names: Collection[str],
    before: str,
    nearby: Mapping[str, float] | None = None,
) -> list[tuple[str, float]]:
    """Members with their log-probabilities, likeliest first; also such that only the file speaks for.

    Args:
        found: What the model finds likeliest, with its log-probabilities.
        names: What exists.
        before: The text up to the dot, the dot included.
        nearby: The share of each member in what the folder's other files do with such a receiver.
    """
    text = before[-_SEARCHED:]
    receiver = _RECEIVER.search(text)
    same = _shares(_behind(receiver.group(), text[: receiver.start()])) if receiver else {}
    near = {name: share for name, share in (nearby or {}).items() if name in names}
    shares = [(SAME_RECEIVER, same), (ANY_RECEIVER, _shares(_MEMBER.findall(text))), (NAMED_ALIKE, near)]
    rest = 1 - sum(weight for weight, known in shares if known)
    likely = {name: rest * math.exp(score) for name, score in found}
    for name in (*same, *near):
        if name in names:
            likely.setdefault(name, 0.0)
    for name in likely:
        likely[name] += sum(weight * known.get(name, 0.0) for weight, known in shares)
    order = sorted(likely, key=lambda name: -likely[name])
    return [(name, math.log(max(likely[name], 1e-30))) for name in order]


def _behind(receiver: str, text: str) -> list[str]:
    return re.findall(rf"(?<![\w.]){re.escape(receiver)}\s*\.\s*([^\W\d]\w*)", text)


def _shares(names: list[str]) -> dict[str, float]:
    return {name: count / len(names) for name, count in Counter(names).items()}
