"""Choosing by words alone (BM25), for bundles that bring no retriever.

Source: Robertson and Zaragoza, *The Probabilistic Relevance Framework: BM25 and Beyond* (2009), equation
    3.15.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from callwright_grounding.catalogue import CatalogueEntry
from callwright_server.suggest.choosing import Stop

_WORD = re.compile(r"[^\W_]+")
_K1, _B = 1.2, 0.75
SHOWN_SHARE = 0.5
"""A call is shown where it covers at least this share of the instruction's telling words, by weight."""
_EMPTY_WORDS = frozenset(
    "a an and are as at be by for from in into is it its my of on or that the this to with your".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry with its score."""

    entry: CatalogueEntry
    score: float
    shown: bool


class LexicalChooser:
    """Ranks entries by the words that they share with the instruction.

    Args:
        entries: What to choose among.
    """

    def __init__(self, entries: Iterable[CatalogueEntry]) -> None:
        self._entries = tuple(entries)
        self._counts = [Counter(_words(_document(entry))) for entry in self._entries]
        self._where: dict[str, list[int]] = defaultdict(list)
        for index, counts in enumerate(self._counts):
            for word in counts:
                self._where[word].append(index)
        lengths = [counts.total() for counts in self._counts]
        mean = sum(lengths) / max(1, len(lengths)) or 1.0
        self._norms = [_K1 * (1 - _B + _B * length / mean) for length in lengths]

    def choose(
        self,
        instruction: str,
        *,
        allowed: Collection[CatalogueEntry] | None = None,
        limit: int = 8,
        stop: Stop,
    ) -> Sequence[Hit]:
        """The entries that share the most telling words with the instruction."""
        words = set(_words(instruction)) - _EMPTY_WORDS
        weights = {word: self._weight(word) for word in words}
        total = sum(weights.values()) or 1.0
        chosen = None if allowed is None else frozenset(allowed)
        scores: Counter[int] = Counter()
        covered: Counter[int] = Counter()
        for word in sorted(words):
            if stop():
                return ()
            for index in self._where.get(word, ()):
                count = self._counts[index][word]
                scores[index] += weights[word] * count * (_K1 + 1) / (count + self._norms[index])  # type: ignore[assignment]
                covered[index] += weights[word]  # type: ignore[assignment]
        ranked = sorted(scores, key=lambda index: (-scores[index], index))
        hits = (Hit(self._entries[i], float(scores[i]), covered[i] / total >= SHOWN_SHARE) for i in ranked)
        return tuple(hit for hit in hits if chosen is None or hit.entry in chosen)[:limit]

    def _weight(self, word: str) -> float:
        found = len(self._where.get(word, ()))
        return math.log(1 + (len(self._entries) - found + 0.5) / (found + 0.5))


def _document(entry: CatalogueEntry) -> str:
    return " ".join((entry.domain, entry.functionality, entry.name, entry.text, entry.description))


def _words(text: str) -> list[str]:
    return [_stem(word) for word in _WORD.findall(text.lower())]


def _stem(word: str) -> str:
    """The crudest of stems: plural and -ing, -ion, -ed endings off long words."""
    for ending in ("ations", "ation", "ions", "ion", "ings", "ing", "ies", "ed", "es", "s", "y", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word
