"""Adding results up: one figure per metric, in percent, and what one must know to trust it."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from callwright_training.errors import RecordsError
from callwright_training.evaluation.results import Result
from callwright_training.metrics import KEYS
from callwright_training.metrics.code_bleu import CodeBleu


@dataclass(kw_only=True)
class Summary:
    """The figures of one system on one set of records."""

    system: dict[str, Any]
    """What was evaluated: its kind, its name and whatever tells two of that name apart."""
    n: int
    """Answers scored: the denominator, but for the metrics that ``measured_on`` gives another one."""
    records: int
    """Questions answered; with several samples fewer than ``n``."""
    figures: dict[str, float | None] = field(default_factory=dict)
    """By metric key, in percent; ``None`` where not measured, ``not_measured`` says why."""
    measured_on: dict[str, int] = field(default_factory=dict)
    """By metric key, on how many answers it was measured."""
    not_measured: dict[str, str] = field(default_factory=dict)
    latency_ms: dict[str, float] | None = None
    """Mean, median and 95th percentile of the wall time per answer, for systems that were run here."""
    about: dict[str, Any] = field(default_factory=dict)
    """Records, catalogue version, date, command, versions."""

    def to_json(self) -> dict[str, Any]:
        """One flat object: the metrics' names with their figures, then the rest by its own names."""
        rest = {name: value for name, value in vars(self).items() if name != "figures"}
        return {**self.figures, **rest}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Summary:
        """The reverse of :meth:`to_json`."""
        figures = {name: values[name] for name in KEYS if name in values}
        return cls(figures=figures, **{name: values[name] for name in values if name not in KEYS})

    def save(self, path: Path) -> None:
        """Write the summary as one JSON object."""
        path.write_text(json.dumps(self.to_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Summary:
        """Read what :meth:`save` wrote.

        Raises:
            RecordsError: The file is missing or no summary.
        """
        try:
            return cls.from_json(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise RecordsError(f"{path}: not a summary of `rlaif-train evaluate`: {error}") from error


def summarise(
    results: Sequence[Result], system: dict[str, Any], *, not_measured: dict[str, str] | None = None
) -> Summary:
    """Add up the results of one system."""
    values = {name: _values(results, name) for name in KEYS}
    figures = {name: percent(statistics.fmean(found)) if found else None for name, found in values.items()}
    if (corpus := CodeBleu.total(_counts(results, "codebleu_corpus"))) is not None:
        figures["codebleu_corpus"] = percent(corpus)
    lenient, references = (figures[f"executability_{name}"] for name in ("lenient", "references"))
    if lenient is not None and references:
        figures["executability_relative"] = percent(lenient / references)
    summary = Summary(
        system=system,
        n=len(results),
        records=len({result.record for result in results}),
        figures=figures,
        measured_on={
            name: len(found) for name, found in values.items() if found and len(found) != len(results)
        },
        latency_ms=_latency([result.ms for result in results if result.ms is not None]),
    )
    reasons = not_measured or {}
    missing = [name for name, value in figures.items() if value is None]
    summary.not_measured = {name: reasons.get(name, "not asked for") for name in missing}
    return summary


def percent(share: float) -> float:
    """A share from 0 to 1 in percent, with four decimals."""
    return round(100 * share, 4)


def _values(results: Sequence[Result], name: str) -> list[float]:
    return [value for result in results if (value := result.scores.get(name)) is not None]


def _counts(results: Sequence[Result], name: str) -> list[list[float]]:
    return [result.counts[name] for result in results if name in result.counts]


def _latency(times: Sequence[float]) -> dict[str, float] | None:
    if not times:
        return None
    ordered = sorted(times)
    worst = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return {
        "mean": round(statistics.fmean(times), 1),
        "median": round(statistics.median(times), 1),
        "p95": round(worst, 1),
    }
