"""How the features are weighed: first those of the retriever, then, on the shortlist, the model's too.

A feature that is not there (no tuned encoder, no domain prior, no language model) or has no weight counts
nothing. Adding one means naming it here and filling it in ``retriever.py`` or ``chooser.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, PositiveInt

from callwright_server.gate import CallThreshold
from callwright_server.json_file import read_json

Scores = NDArray[np.float32]

RetrievalFeature = Literal[
    "tuned_similarity", "similarity", "words", "example_words", "domain", "crowding", "foreign"
]
"""Cosine by the tuned and by the untouched encoder; BM25 of the description and of the example code;
log-probability of the document's domain; how near the document is to everything; whether it is for a language
that the instruction does not name."""
ChoiceFeature = Literal["retrieval", "language_model", "domain_share"]
"""The retriever's weighed sum; mean log-likelihood of the instruction given the document; logarithm of the
share that the document's domain has in the retriever's softmax."""

SETTINGS = "choice.json"


class ChoiceSettings(BaseModel):
    """The weights of the features, and when a call is shown; the file ``choice.json``."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, frozen=True)

    version: Literal[1] = 1
    """Version of this file's fields."""
    retrieval: dict[RetrievalFeature, float] = Field(
        default={
            "tuned_similarity": 16.0,
            "similarity": 4.0,
            "words": 0.135,
            "example_words": 0.05,
            "domain": 0.48,
            "crowding": -0.5,
            "foreign": -1.0,
        }
    )
    """Weights by which the shortlist is made."""
    choice: dict[ChoiceFeature, float] = Field(
        default={"retrieval": 1.0, "language_model": 0.0, "domain_share": 0.5}
    )
    """Weights inside the shortlist; without ``language_model`` the model is not asked."""
    candidates: PositiveInt = 8
    """How many different calls the language model judges."""
    least_probability: float = Field(default=0.0, ge=0, le=1)
    """A call is shown unasked only where its share of the shortlist's probability is at least this; this and
    the next hold where the bundle has no gate."""
    least_retrieval: float = 0.0
    """... and where the retriever's weighed sum is at least this; other subjects stay below it."""

    def gated(self, threshold: CallThreshold) -> ChoiceSettings:
        """These settings with a bundle's thresholds, where it has some."""
        fitted = {
            "least_retrieval": threshold.least_score,
            "least_probability": threshold.least_share,
        }
        return self.model_copy(update={name: value for name, value in fitted.items() if value is not None})

    def save(self, folder: Path) -> None:
        """Write the file into a folder."""
        (folder / SETTINGS).write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> ChoiceSettings:
        """Read a folder's file.

        Raises:
            BundleError: It is missing or says something unknown.
        """
        return read_json(cls, folder / SETTINGS)


def weigh(features: Mapping[str, Scores], weights: Mapping[Any, float]) -> Scores:
    """The weighed sum of the features that have a weight; at least one must."""
    return np.asarray(
        sum(np.float32(weight) * features[name] for name, weight in weights.items() if name in features),
        np.float32,
    )


def log_shares(scores: Scores, groups: NDArray[np.int64], among: NDArray[np.int64]) -> Scores:
    """For every document the logarithm of its group's share in the softmax over some of them.

    Args:
        scores: One per document.
        groups: Each document's group, from 0.
        among: Indices of the documents that take part.
    """
    shares = np.bincount(
        groups[among], weights=softmax(scores[among]), minlength=int(groups.max(initial=0)) + 1
    )
    return np.asarray(np.log(np.maximum(shares, 1e-9))[groups], np.float32)


def biased(scores: Scores, bias: Scores, groups: Sequence[str]) -> Scores:
    """Scores that a bias has moved within each group, whose share of the softmax stays as it was.

    Args:
        scores: One per call.
        bias: What is added to each.
        groups: Each call's group.
    """
    moved = scores + bias
    same = np.array([[one == other for other in groups] for one in groups])
    return np.asarray(moved - _log_sums(moved, same) + _log_sums(scores, same), np.float32)


def _log_sums(scores: Scores, same: NDArray[np.bool_]) -> Scores:
    """For each score the log of the sum of its group's exponentials."""
    return np.array([np.logaddexp.reduce(scores[row]) for row in same], np.float32)


def softmax(scores: Scores) -> Scores:
    """Probabilities proportional to the exponentials."""
    if not len(scores):
        return scores
    powers = np.exp(scores - scores.max())
    return np.asarray(powers / powers.sum(), np.float32)
