"""Baselines without a language model: the catalogue's entry whose description is nearest to the instruction.

``bm25`` ranks by shared words (Robertson and Zaragoza, 2009), ``dense`` by the cosine of an untouched
sentence encoder's vectors (all-MiniLM-L6-v2). Nothing is trained. The answer goes through the server's own
suggester, so that a baseline's script is written the same way as a bundle's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from callwright_grounding.catalogue import CatalogueEntry
from callwright_server.choice.documents import documents_of
from callwright_server.choice.words import WordSearch
from callwright_server.suggest.choosing import Stop
from callwright_server.suggest.shelf import Shelf
from callwright_server.suggest.suggester import Suggester
from callwright_training.evaluation.systems.bundle import first_suggestion
from callwright_training.metrics import Answer, Known
from callwright_training.records import Record

Baseline = Literal["bm25", "dense"]
Score = Callable[[str], NDArray[np.float32]]


class RetrievalSystem:
    """Suggests the nearest entry of a catalogue.

    Args:
        kind: What nearest means.
        known: What can be suggested; a call that is described several times is found by each description.
        name: Name in tables; the kind where ``None``.

    Raises:
        BaseModelError: The encoder cannot be had.
    """

    concurrency = 1

    def __init__(self, kind: Baseline, known: Known, *, name: str | None = None) -> None:
        shelf = Shelf(known.catalogue)
        offered = {entry.text: entry for entry in shelf.entries}
        described = [
            (text.text, offered[text.call]) for text in documents_of(known.entries) if text.call in offered
        ]
        chooser = _Nearest(described, _score_of(kind))
        self.suggester = Suggester(shelf=shelf, chooser=chooser)
        self.identity: dict[str, Any] = {
            "name": name or kind,
            "kind": f"{kind} retrieval",
            "catalogue_version": known.version,
        }

    def answer(self, record: Record, *, seed: int) -> Answer:
        """Take the nearest entry."""
        return first_suggestion(self.suggester, record)


@dataclass(frozen=True, slots=True)
class _Hit:
    entry: CatalogueEntry
    score: float
    shown: bool = True


class _Nearest:
    """Ranks entries by one score.

    Args:
        described: Descriptions with the entries that they describe.
        score_of: Given the descriptions, makes what scores them for an instruction.
    """

    def __init__(
        self, described: Sequence[tuple[str, CatalogueEntry]], score_of: Callable[[Sequence[str]], Score]
    ) -> None:
        texts, self._entries = zip(*described, strict=True)
        self._score = score_of(texts)

    def choose(
        self,
        instruction: str,
        *,
        allowed: Collection[CatalogueEntry] | None = None,
        limit: int = 8,
        stop: Stop,
    ) -> list[_Hit]:
        scores = self._score(instruction)
        among = frozenset(self._entries if allowed is None else allowed)
        order = (int(index) for index in np.argsort(-scores, kind="stable"))
        hits = (_Hit(self._entries[index], float(scores[index])) for index in order)
        return [hit for hit in hits if hit.entry in among][:limit]


def _score_of(kind: Baseline) -> Callable[[Sequence[str]], Score]:
    return WordSearch if kind == "bm25" else _cosines


def _cosines(texts: Sequence[str]) -> Score:
    from callwright_training.choice.encoders import encode_texts, load_encoder

    base = load_encoder()
    vectors = encode_texts(base.model, base.tokenizer, texts)
    return lambda instruction: np.asarray(
        vectors @ encode_texts(base.model, base.tokenizer, [instruction])[0], np.float32
    )
