"""How good M_reward is on samples it has not seen: AUC, accuracy, calibration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Samples whose predicted probability lies in one tenth."""

    low: float
    high: float
    count: int
    predicted: float
    """Mean predicted probability."""
    accepted: float
    """Share that really is accepted."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Figures on held-out samples."""

    samples: int
    accepted: int
    auc: float
    """Probability that an accepted sample scores above a rejected one; ``nan`` with one class only."""
    auc_low: float
    auc_high: float
    """95 % interval of the AUC (Hanley and McNeil 1982)."""
    accuracy: float
    majority: float
    """Accuracy of always saying what is more common."""
    ece: float
    """Expected calibration error: mean distance of predicted and true share, weighted by bin (Guo 2017)."""
    bins: tuple[Bin, ...]

    @property
    def better_than_chance(self) -> bool:
        """Whether the AUC's interval lies above one half."""
        return self.auc_low > 0.5


def quality(logits: Sequence[float], labels: Sequence[bool]) -> Quality:
    """Measure logits against labels."""
    chances = [1 / (1 + math.exp(-max(-60.0, min(60.0, logit)))) for logit in logits]
    positive, total = sum(labels), len(labels)
    area = auc(logits, labels)
    error = _auc_error(area, positive, total - positive)
    bins = tuple(_bins(chances, labels))
    return Quality(
        samples=total,
        accepted=positive,
        auc=area,
        auc_low=area - 1.96 * error,
        auc_high=min(1.0, area + 1.96 * error),
        accuracy=sum((logit > 0) == label for logit, label in zip(logits, labels, strict=True)) / total,
        majority=max(positive, total - positive) / total,
        ece=sum(one.count * abs(one.predicted - one.accepted) for one in bins) / total,
        bins=bins,
    )


def auc(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """Area under the ROC curve by ranks; ties count half."""
    positive = sum(labels)
    negative = len(labels) - positive
    if not positive or not negative:
        return math.nan
    ranks, start = 0.0, 0
    for _, group in groupby(sorted(zip(scores, labels, strict=True)), key=lambda pair: pair[0]):
        members = [label for _, label in group]
        ranks += sum(members) * (start + (len(members) + 1) / 2)
        start += len(members)
    return (ranks - positive * (positive + 1) / 2) / (positive * negative)


def _auc_error(area: float, positive: int, negative: int) -> float:
    if not positive or not negative:
        return math.nan
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (positive - 1) * (one - area**2) + (negative - 1) * (two - area**2)
    return math.sqrt(max(spread, 0.0) / (positive * negative))


def _bins(chances: Sequence[float], labels: Sequence[bool]) -> list[Bin]:
    bins = []
    for number in range(BINS):
        low, high = number / BINS, (number + 1) / BINS
        inside = [
            (chance, label)
            for chance, label in zip(chances, labels, strict=True)
            if low <= chance < high or (chance == 1 and number == BINS - 1)
        ]
        if inside:
            predicted = sum(chance for chance, _ in inside) / len(inside)
            accepted = sum(label for _, label in inside) / len(inside)
            bins.append(Bin(low, high, len(inside), predicted, accepted))
    return bins
