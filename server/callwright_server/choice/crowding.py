"""How crowded it is around each document.

Some documents are near to whatever is asked. Ask each document's own vector which other document it means:
those that are named more often than others are such hubs, and count a little less. It needs no questions.

Source: Smith et al., *Offline bilingual word vectors, orthogonal transformations and the inverted softmax*
    (2017), who normalise by queries in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BLOCK = 256
_FEWEST = 3
_LEAST = 1e-6


def crowding(
    vectors: Mapping[str, NDArray[np.float32]], weights: Mapping[Any, float], calls: Sequence[str]
) -> NDArray[np.float32]:
    """Logarithm of how often each document is meant by the others, less the mean of all.

    Args:
        vectors: By feature ``[documents, width]``, rows of length 1.
        weights: By feature; how much each counts.
        calls: Each document's call; those of one call are no neighbours.
    """
    parts = [
        np.sqrt(np.float32(weights[name])) * rows
        for name, rows in vectors.items()
        if weights.get(name, 0.0) > 0
    ]
    if not parts or len(set(calls)) < _FEWEST:
        return np.zeros(len(calls), np.float32)
    joined = np.concatenate(parts, axis=1)
    numbers = {call: number for number, call in enumerate(calls)}
    groups = np.array([numbers[call] for call in calls])
    total = np.zeros(len(calls), np.float64)
    for start in range(0, len(joined), _BLOCK):
        scores = joined[start : start + _BLOCK] @ joined.T
        scores[groups[start : start + _BLOCK, None] == groups[None]] = -np.inf
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        total += (powers / powers.sum(axis=1, keepdims=True)).sum(axis=0)
    logs = np.log(np.maximum(total, _LEAST))
    return np.asarray(logs - logs.mean(), np.float32)
