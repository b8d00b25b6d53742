"""How well an instruction's words fit each document (BM25).

Source: Robertson and Zaragoza, *The Probabilistic Relevance Framework: BM25 and Beyond* (2009), equation
    3.15.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"[a-z]+|\d+")
_K1, _B = 1.2, 0.5


class WordSearch:
    """Scores every document of a fixed set.

    Args:
        texts: The documents.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(_words(text)) for text in texts]
        lengths = np.array([found.total() for found in counts], np.float32)
        norms = _K1 * (1 - _B + _B * lengths / max(1.0, float(lengths.mean()) if len(texts) else 1.0))
        self._size = len(texts)
        self._where: dict[str, tuple[NDArray[np.int64], NDArray[np.float32]]] = {}
        places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for index, found in enumerate(counts):
            for word, count in found.items():
                places[word].append((index, count))
        for word, hits in places.items():
            where, times = (np.array(column) for column in zip(*hits, strict=True))
            rarity = np.log(1 + (self._size - len(hits) + 0.5) / (len(hits) + 0.5))
            weight = rarity * times * (_K1 + 1) / (times + norms[where])
            self._where[word] = (where, weight.astype(np.float32))

    def __call__(self, instruction: str) -> NDArray[np.float32]:
        """One score per document; 0 where no word is shared."""
        scores = np.zeros(self._size, np.float32)
        for word in set(_words(instruction)):
            if (found := self._where.get(word)) is not None:
                scores[found[0]] += found[1]
        return scores


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if len(word) > 1]
