"""Paired comparison of two systems on the same questions.

Binary metrics get McNemar's exact test (McNemar, *Psychometrika* 1947): of the questions that only one of the
two gets right, is it a fair coin whose they are? Every metric gets a 95 % interval of the difference by the
paired bootstrap (Efron and Tibshirani, 1993: questions are drawn with replacement, both systems' scores
together; percentiles). p-values are not corrected for looking at several metrics.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEVEL = 0.95
"""Coverage of the intervals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One metric of two systems; shares from 0 to 1."""

    metric: str
    n: int
    """Questions that both were measured on."""
    first: float
    second: float
    low: float
    """Lower end of the interval of ``second - first``."""
    high: float
    first_only: int | None = None
    """Questions that only the first gets right; ``None`` where the metric is not binary."""
    second_only: int | None = None
    p: float | None = None
    """McNemar's exact p, two-sided; ``None`` where the metric is not binary."""

    @property
    def difference(self) -> float:
        """How much higher the second is."""
        return self.second - self.first


def mcnemar(first_only: int, second_only: int) -> float:
    """Two-sided exact p-value for the questions that only one of two systems gets right."""
    discordant = first_only + second_only
    if not discordant:
        return 1.0
    tail, ways = 0, 1  # ways: of k heads in so many throws
    for k in range(min(first_only, second_only) + 1):
        tail += ways
        ways = ways * (discordant - k) // (k + 1)
    return min(1.0, float(Fraction(2 * tail, 2**discordant)))


def interval(scores: Sequence[float], *, resamples: int = 2000, seed: int = 0) -> tuple[float, float]:
    """95 % percentile bootstrap interval of a mean; the mean of differences for paired scores."""
    import numpy as np

    values = np.asarray(scores, np.float64)
    means = [values[draw].mean() for draw in _draws(len(values), resamples, seed)]
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def compare_metric(
    metric: str,
    first: Sequence[float],
    second: Sequence[float],
    *,
    binary: bool,
    resamples: int = 2000,
    seed: int = 0,
) -> Comparison:
    """Compare two systems' scores on the same questions, in the same order.

    Args:
        metric: Its name.
        first: One score per question, from 0 to 1.
        second: The other system's.
        binary: Whether scores are 0 or 1 only.
        resamples: Bootstrap resamples.
        seed: Their seed.

    Raises:
        ValueError: No question, or not as many for both.
    """
    if len(first) != len(second) or not first:
        raise ValueError("paired scores are of the same questions, at least one")
    low, high = interval([b - a for a, b in zip(first, second, strict=True)], resamples=resamples, seed=seed)
    exact = binary and {*first, *second} <= {0.0, 1.0}
    first_only = sum(a > b for a, b in zip(first, second, strict=True))
    second_only = sum(b > a for a, b in zip(first, second, strict=True))
    return Comparison(
        metric=metric,
        n=len(first),
        first=sum(first) / len(first),
        second=sum(second) / len(second),
        low=low,
        high=high,
        first_only=first_only if exact else None,
        second_only=second_only if exact else None,
        p=mcnemar(first_only, second_only) if exact else None,
    )


def _draws(n: int, resamples: int, seed: int) -> NDArray[np.int64]:
    import numpy as np

    return np.random.default_rng(seed).integers(0, n, (resamples, n))
