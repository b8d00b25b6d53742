"""M_SFT against M_RL on the same records: shares, gains, and how sure they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, stdev
from typing import Any

Row = Mapping[str, Any]
"""A line of ``labels.jsonl``."""
Value = Callable[[Row], float]

_STUDENT = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262}
"""97.5 % points of Student's distribution, by degrees of freedom; 1.96 from there on."""


@dataclass(frozen=True, slots=True)
class Gain:
    """A mean before, after, and their difference."""

    before: float
    after: float
    """Mean over the seeds."""
    gain: float
    low: float
    high: float
    """95 % interval of the gain: paired by record, a record's completions and seeds averaged first."""
    by_seed: tuple[float, ...]
    """The gain of each seed."""
    seeds_low: float
    seeds_high: float
    """95 % interval of the gain over seeds (Student); the gain itself where there is one seed only."""
    records: int


def compare(
    before: Sequence[Row], after: Sequence[Sequence[Row]], questions: Sequence[str]
) -> dict[str, Any]:
    """Compare completions of the same records.

    Args:
        before: M_SFT's labelled completions, one or more for each record.
        after: The same of M_RL, for each seed.
        questions: Ids of the questions whose good answers are counted too.

    Returns:
        Names (``accepted``, ``score``, ``faultless``, and each question's id) to gains as plain values.
        ``faultless`` is the share of completions that have no bad answer. Where completions were run, what
        ``executed`` says of each is compared as well.
    """
    values: dict[str, Value] = {
        "accepted": lambda row: float(row["accepted"]),
        "score": lambda row: float(row["score"]),
        "faultless": lambda row: float(all(row["good"].values())),
    }
    for name in questions:
        values[name] = lambda row, name=name: float(row["good"].get(name, False))  # type: ignore[misc]
    for name in before[0].get("executed", {}) if before else ():
        values[name] = lambda row, name=name: float(row["executed"][name])  # type: ignore[misc]
    return {name: asdict(gain(before, after, value)) for name, value in values.items()}


def gain(before: Sequence[Row], after: Sequence[Sequence[Row]], value: Value) -> Gain:
    """The change of one figure, over records that are labelled on both sides."""
    old, new = _by_record(before, value), [_by_record(rows, value) for rows in after]
    records = [record for record in old if all(record in seed for seed in new)]
    by_seed = tuple(_mean([seed[record] - old[record] for record in records]) for seed in new)
    changes = [_mean([seed[record] for seed in new]) - old[record] for record in records]
    change = _mean(changes)
    error = 1.96 * _spread(changes)
    seeds = _STUDENT.get(len(new) - 1, 1.96) * _spread(by_seed)
    return Gain(
        before=_mean([old[record] for record in records]),
        after=_mean([old[record] for record in records]) + change,
        gain=change,
        low=change - error,
        high=change + error,
        by_seed=by_seed,
        seeds_low=change - seeds,
        seeds_high=change + seeds,
        records=len(records),
    )


def _by_record(rows: Sequence[Row], value: Value) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for row in rows:
        found.setdefault(row["sample"]["record"], []).append(value(row))
    return {record: fmean(values) for record, values in found.items()}


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else math.nan


def _spread(values: Sequence[float]) -> float:
    """Standard error of the mean."""
    return stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0
