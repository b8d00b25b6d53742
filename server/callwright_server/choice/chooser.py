"""Choosing API calls for an instruction: the retriever's shortlist, judged by the language model."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from callwright_grounding.catalogue import Catalogue, CatalogueEntry
from callwright_server.bundle import Bundle
from callwright_server.choice.documents import scored_pair
from callwright_server.choice.fusion import ChoiceSettings, Scores, biased, log_shares, softmax, weigh
from callwright_server.choice.retriever import Retriever

Stop = Callable[[], bool]
_BELOW = np.float32(1e-3)


class PairScores(Protocol):
    """A language model that scores texts; :class:`callwright_server.engine.Engine` is one."""

    def score_pairs(self, pairs: Sequence[tuple[str, str]], stop: Stop = ...) -> list[list[float]]:
        """One log-probability per token of each pair's second part, given the first; empty where stopped."""
        ...


@dataclass(frozen=True, slots=True)
class ScoredEntry:
    """One call and what is thought of it."""

    entry: CatalogueEntry
    score: float
    """Higher is likelier; comparable only within one answer."""
    shown: bool
    """Whether it is good enough to be shown unasked."""
    probability: float
    """Its share of the shortlist; 0 for calls that did not make it."""
    features: dict[str, float]
    """Where the score comes from, by feature."""


class CallChooser:
    """Chooses calls of a catalogue.

    Args:
        retriever: Makes the shortlist.
        entries: What can be chosen, by canonical call.
        model: Judges the shortlist; ``None`` leaves it in the retriever's order.
        settings: Weights and thresholds.
    """

    def __init__(
        self,
        retriever: Retriever,
        entries: dict[str, CatalogueEntry],
        model: PairScores | None,
        settings: ChoiceSettings,
    ) -> None:
        self.retriever, self.settings = retriever, settings
        self._model = model if settings.choice.get("language_model") else None
        self._known = entries
        self._entries = [entries.get(document.call) for document in retriever.index.documents]

    def judged_by(self, model: PairScores | None) -> CallChooser:
        """The same choice, with this model for a judge."""
        return CallChooser(self.retriever, self._known, model, self.settings)

    @classmethod
    def open(
        cls, bundle: Bundle, model: PairScores | None, catalogue: Catalogue | None = None, threads: int = 1
    ) -> CallChooser:
        """Open a bundle's retriever; ``bundle.retriever.is_dir()`` tells whether it has one.

        Args:
            bundle: The bundle.
            model: The engine that runs the bundle's model.
            catalogue: What can be chosen, where it is not the bundle's own catalogue.
            threads: Threads of the encoder.

        Raises:
            BundleError: A file of the retriever is missing or damaged.
        """
        entries = {entry.text: entry for entry in (bundle.catalogue if catalogue is None else catalogue)}
        settings = ChoiceSettings.load(bundle.retriever).gated(bundle.gate.call)
        retriever = Retriever.open(bundle.retriever, entries.values(), settings.retrieval, threads)
        return cls(retriever, entries, model, settings)

    def choose(
        self,
        instruction: str,
        *,
        allowed: Collection[CatalogueEntry] | None = None,
        limit: int = 8,
        stop: Stop,
    ) -> list[ScoredEntry]:
        """The likeliest entries, best first, each call once.

        Args:
            instruction: What the user wants, in words.
            allowed: Entries to choose among; ``None`` for all.
            limit: How many entries at most.
            stop: Polled often; once it is true, what is known so far (also nothing) is returned.
        """
        among = self._among(allowed)
        if stop() or not len(among) or limit < 1 or not instruction.strip():
            return []
        features = self.retriever.features(instruction)
        scores = self.retriever.scores(features)
        order = among[np.argsort(-scores[among], kind="stable")]
        listed = self._different(order, max(limit, self.settings.candidates))
        shortlist, rest = listed[: self.settings.candidates], listed[self.settings.candidates :]
        shares = log_shares(scores, self.retriever.groups, among)
        features |= {"retrieval": scores, "domain_share": shares}
        seen = {name: values[shortlist] for name, values in features.items()}
        likelihoods = self._likelihoods(instruction, shortlist, stop)
        if likelihoods is not None:
            seen["language_model"] = likelihoods
        return self._ranked(shortlist, seen, rest, features)[:limit]

    def _among(self, allowed: Collection[CatalogueEntry] | None) -> NDArray[np.int64]:
        """Indices of the documents that may be chosen."""
        calls = None if allowed is None else {entry.text for entry in allowed}
        return np.array(
            [
                index
                for index, entry in enumerate(self._entries)
                if entry is not None and (calls is None or entry.text in calls)
            ],
            np.int64,
        )

    def _different(self, order: NDArray[np.int64], count: int) -> list[int]:
        """The first documents of the first ``count`` different calls."""
        documents = self.retriever.index.documents
        chosen: dict[str, int] = {}
        for index in order:
            chosen.setdefault(documents[index].call, int(index))
            if len(chosen) == count:
                break
        return list(chosen.values())

    def _likelihoods(self, instruction: str, shortlist: Sequence[int], stop: Stop) -> Scores | None:
        """Mean log-likelihood of the instruction's tokens given each document; ``None`` where stopped."""
        if self._model is None or len(shortlist) < 2:
            return None
        documents = self.retriever.index.documents
        pairs = [scored_pair(documents[index], instruction) for index in shortlist]
        found = self._model.score_pairs(pairs, stop)
        return np.array([np.mean(one) for one in found], np.float32) if all(found) else None

    def _ranked(
        self,
        shortlist: Sequence[int],
        seen: dict[str, Scores],
        rest: Sequence[int],
        features: dict[str, Scores],
    ) -> list[ScoredEntry]:
        """The shortlist by the fused score, the rest below it as the retriever has it."""
        fused = self._fused(shortlist, seen)
        probabilities = softmax(fused)
        order = np.argsort(-fused, kind="stable")
        ranked = [
            self._entry(shortlist[i], fused[i], probabilities[i], {name: seen[name][i] for name in seen})
            for i in order
        ]
        floor = fused.min() - _BELOW
        retrieved = features["retrieval"]
        for index in rest:
            score = floor + retrieved[index] - retrieved[rest[0]]
            known = {name: values[index] for name, values in features.items()}
            ranked.append(self._entry(index, score, np.float32(0), known))
        return ranked

    def _fused(self, shortlist: Sequence[int], seen: dict[str, Scores]) -> Scores:
        """The features' weighed sum, and within each domain what feedback has taught."""
        fused = weigh(seen, self.settings.choice)
        if "bias" not in seen:
            return fused
        documents = self.retriever.index.documents
        return biased(fused, seen["bias"], [documents[index].domain for index in shortlist])

    def _entry(
        self, index: int, score: np.float32, probability: np.float32, features: dict[str, np.float32]
    ) -> ScoredEntry:
        entry = self._entries[index]
        assert entry is not None  # noqa: S101 - only documents of known entries are listed
        likely = probability > 0 and probability >= self.settings.least_probability
        shown = bool(likely and features["retrieval"] >= self.settings.least_retrieval)
        plain = {name: float(value) for name, value in features.items()}
        return ScoredEntry(entry, float(score), shown, float(probability), plain)
