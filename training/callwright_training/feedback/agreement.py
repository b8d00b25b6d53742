"""How far two judges agree: Cohen's kappa, by question and on the label.

J. Cohen (1960), A coefficient of agreement for nominal scales.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from callwright_plugins.questions import QuestionSet
from callwright_training.feedback.labels import Label

ACCEPTED = "(accepted)"
"""The row of the table that compares labels, not answers."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two raters' yes/no answers about the same things."""

    both: int
    """Things that both answered."""
    same: int
    """Of these, answered alike."""
    kappa: float
    """Cohen's kappa; ``nan`` where one of the two never varies and chance alone would agree fully."""
    low: float
    high: float
    """A 95 % interval of kappa, from its large-sample standard error."""


def agreement(pairs: Sequence[tuple[bool, bool]]) -> Agreement:
    """Compare answers pair by pair."""
    total = len(pairs)
    if not total:
        return Agreement(0, 0, math.nan, math.nan, math.nan)
    same = sum(one == other for one, other in pairs)
    first, second = (sum(pair[side] for pair in pairs) / total for side in (0, 1))
    chance = first * second + (1 - first) * (1 - second)
    observed = same / total
    if chance == 1:
        return Agreement(total, same, math.nan, math.nan, math.nan)
    kappa = (observed - chance) / (1 - chance)
    error = 1.96 * math.sqrt(observed * (1 - observed) / total) / (1 - chance)
    return Agreement(total, same, kappa, max(-1.0, kappa - error), min(1.0, kappa + error))


def compare(
    first: Sequence[Label], second: Sequence[Label], questions: QuestionSet, thresholds: tuple[float, float]
) -> dict[str, Agreement]:
    """Agreement by question, and on the label that each one's threshold gives."""
    others = {label.id: label for label in second}
    both = [(label, others[label.id]) for label in first if label.id in others]
    table = {
        question.id: agreement(
            [
                (one.answers[question.id].yes or False, other.answers[question.id].yes or False)
                for one, other in both
                if _told(one, question.id) and _told(other, question.id)
            ]
        )
        for question in questions.questions
    }
    table[ACCEPTED] = agreement(
        [
            (one.score >= thresholds[0], other.score >= thresholds[1])
            for one, other in both
            if one.score is not None and other.score is not None
        ]
    )
    return table


def against_hand(labels: Sequence[Label], hand: Mapping[str, bool], threshold: float) -> Agreement:
    """Agreement of one judge's labels with labels given by hand."""
    return agreement(
        [
            (label.score >= threshold, hand[label.id])
            for label in labels
            if label.score is not None and label.id in hand
        ]
    )


def _told(label: Label, question: str) -> bool:
    return question in label.answers and label.answers[question].yes is not None
