"""Evaluations side by side: figures on the questions that all of them answered, and paired tests."""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from callwright_training.errors import RecordsError, StageError
from callwright_training.evaluation.paired import Comparison, compare_metric, interval
from callwright_training.evaluation.results import Result, read_results
from callwright_training.evaluation.run import RESULTS, SUMMARY
from callwright_training.evaluation.summary import Summary, percent, summarise
from callwright_training.metrics import KEYS


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation, as ``rlaif-train evaluate`` left it."""

    name: str
    """Name in tables; unique in one comparison."""
    summary: Summary
    results: tuple[Result, ...]
    """Empty where only a summary is there; then nothing can be paired."""

    @property
    def questions(self) -> set[str]:
        """The records that it answered."""
        return {result.record for result in self.results}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two systems, compared by every metric that both have."""

    first: str
    second: str
    metrics: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class SideBySide:
    """What there is to say about several evaluations."""

    evaluations: tuple[Evaluation, ...]
    """Cut down to the questions that all of them answered, their figures taken anew there."""
    dropped: dict[str, int]
    """By name, answers left out because another system did not answer the question."""
    intervals: dict[str, dict[str, tuple[float, float]]]
    """By name and metric, the bootstrap interval of the figure, in percent."""
    pairs: tuple[Pair, ...]

    def to_json(self) -> dict[str, Any]:
        """Everything but the single results, figures in percent."""
        return {
            "systems": [{"name": each.name, **each.summary.to_json()} for each in self.evaluations],
            "dropped": self.dropped,
            "intervals": self.intervals,
            "pairs": [
                {
                    "first": pair.first,
                    "second": pair.second,
                    "metrics": [_percent(one) for one in pair.metrics],
                }
                for pair in self.pairs
            ],
        }


def read_evaluation(place: Path) -> Evaluation:
    """Read an evaluation's folder, or only its summary file.

    Raises:
        RecordsError: There is no summary.
    """
    folder = place.is_dir()
    summary = Summary.load(place / SUMMARY if folder else place)
    beside = place / RESULTS if folder else place.with_name(RESULTS)
    own = folder or place.name == SUMMARY
    results = read_results(beside) if own and beside.exists() else []
    return Evaluation(str(summary.system.get("name", place.stem)), summary, tuple(results))


def side_by_side(evaluations: Sequence[Evaluation], *, resamples: int = 2000, seed: int = 0) -> SideBySide:
    """Compare evaluations on the questions that all of them answered.

    Those of which only a summary is there keep their own figures and are in no pair.

    Raises:
        StageError: Fewer than two evaluations, or none of their questions is the same.
    """
    if len(evaluations) < 2:
        raise StageError("give at least two evaluations: folders or summaries of `rlaif-train evaluate`")
    named = _distinct_names(evaluations)
    detailed = [each for each in named if each.results]
    common = set.intersection(*(each.questions for each in detailed)) if detailed else set()
    if len(detailed) > 1 and not common:
        names = ", ".join(each.name for each in detailed)
        raise StageError(
            f"{names}: no question was answered by all; were they evaluated on the same --records?"
        )
    cut = tuple(_only(each, common) if each.results else each for each in named)
    dropped = {
        before.name: len(before.results) - len(after.results)
        for before, after in zip(named, cut, strict=True)
        if len(before.results) != len(after.results)
    }
    scores = {each.name: _scores(each) for each in cut if each.results}
    return SideBySide(
        evaluations=cut,
        dropped=dropped,
        intervals={name: _intervals(of, resamples, seed) for name, of in scores.items()},
        pairs=tuple(_pair(a, b, scores, resamples, seed) for a, b in combinations(scores, 2)),
    )


def _distinct_names(evaluations: Sequence[Evaluation]) -> list[Evaluation]:
    seen: dict[str, int] = defaultdict(int)
    distinct = []
    for each in evaluations:
        seen[each.name] += 1
        name = each.name if seen[each.name] == 1 else f"{each.name} ({seen[each.name]})"
        distinct.append(Evaluation(name, each.summary, each.results))
    return distinct


def _only(evaluation: Evaluation, records: set[str]) -> Evaluation:
    results = tuple(result for result in evaluation.results if result.record in records)
    old = evaluation.summary
    summary = summarise(results, old.system, not_measured=old.not_measured)
    summary.about = old.about
    return Evaluation(evaluation.name, summary, results)


def _scores(evaluation: Evaluation) -> dict[str, dict[str, float]]:
    """By metric and record the score, the mean of several samples'."""
    collected: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for result in evaluation.results:
        for metric, score in result.scores.items():
            if score is not None and metric in KEYS:
                collected[metric][result.record].append(score)
    return {
        metric: {record: statistics.fmean(values) for record, values in by_record.items()}
        for metric, by_record in collected.items()
    }


def _intervals(
    scores: dict[str, dict[str, float]], resamples: int, seed: int
) -> dict[str, tuple[float, float]]:
    found = {}
    for metric in KEYS:
        if by_record := scores.get(metric):
            low, high = interval(list(by_record.values()), resamples=resamples, seed=seed)
            found[metric] = (percent(low), percent(high))
    return found


def _pair(
    first: str, second: str, scores: dict[str, dict[str, dict[str, float]]], resamples: int, seed: int
) -> Pair:
    compared = []
    for metric, key in KEYS.items():
        a, b = scores[first].get(metric, {}), scores[second].get(metric, {})
        if both := sorted(a.keys() & b.keys()):
            compared.append(
                compare_metric(
                    metric,
                    [a[record] for record in both],
                    [b[record] for record in both],
                    binary=key.kind == "binary",
                    resamples=resamples,
                    seed=seed,
                )
            )
    return Pair(first, second, tuple(compared))


def _percent(one: Comparison) -> dict[str, Any]:
    values = asdict(one)
    shares = {name: percent(values[name]) for name in ("first", "second", "low", "high")}
    return {**values, **shares, "difference": percent(one.difference)}


def write_json(compared: SideBySide, path: Path) -> None:
    """Write figures and tests as one JSON object.

    Raises:
        RecordsError: The file cannot be written.
    """
    try:
        path.write_text(json.dumps(compared.to_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise RecordsError(f"{path}: cannot be written: {error.strerror}") from error
