"""Scoring cross-validated predictions, and setting them beside a file of responses to the same questions."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callwright_training.choice.crossvalidation import LISTED, Prediction
from callwright_training.evaluation.items import Item
from callwright_training.evaluation.responses import match, read_responses
from callwright_training.evaluation.results import Result, ResultFile
from callwright_training.evaluation.run import RESULTS, SUMMARY
from callwright_training.evaluation.scoring import score
from callwright_training.evaluation.summary import Summary, summarise
from callwright_training.metrics import Answer, Known
from callwright_training.records import Record

if TYPE_CHECKING:
    from rich.table import Table

METRICS = ("gorilla", "calls")
FIGURES = ("exact_call", "id_accuracy", "gorilla_accuracy", "gorilla_hallucination", "invented_ids")


@dataclass(frozen=True, slots=True)
class Column:
    """One system's results."""

    name: str
    results: list[Result]
    summary: Summary


def columns_of(
    predictions: Sequence[Prediction],
    records: Sequence[Record],
    known: Known,
    responses: Path | None,
    out: Path,
) -> list[Column]:
    """Score what was chosen, what the retriever alone would have chosen, and the responses.

    All are measured on the questions that all have answered.

    Raises:
        RecordsError: The responses cannot be read.
    """
    by_id = {record.id: record for record in records}
    chosen = [_item(by_id[one.record], one.call) for one in predictions]
    retrieved = [_item(by_id[one.record], one.retrieved) for one in predictions]
    systems = {"chosen": chosen, "retriever": retrieved}
    if chosen == retrieved:
        del systems["retriever"]
    if responses is not None:
        asked = [by_id[one.record] for one in predictions]
        systems[responses.stem] = match(read_responses(responses), asked)
        answered = {item.record.id for item in systems[responses.stem]}
        systems = {
            name: [item for item in items if item.record.id in answered] for name, items in systems.items()
        }
    return [_column(name, items, known, out) for name, items in systems.items()]


def shortlist_recall(predictions: Sequence[Prediction], records: Sequence[Record]) -> dict[str, float]:
    """In how many percent of the questions the right call is among the first 1, 8 and 20."""
    right = {record.id: record.call for record in records}
    found = {}
    for count in (1, 8, LISTED):
        hits = sum(right[one.record] in [call["call"] for call in one.listed[:count]] for one in predictions)
        found[f"exact_call@{count}"] = 100 * hits / max(len(predictions), 1)
    return found


def table_of(columns: Sequence[Column]) -> Table:
    """Each figure in percent with its standard error."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("percent (standard error)", no_wrap=True)
    for column in columns:
        table.add_column(column.name, justify="right", overflow="fold")
    for name in FIGURES:
        table.add_row(name, *(_cell(column.summary, name) for column in columns))
    table.add_row("n", *(str(column.summary.n) for column in columns))
    return table


def as_json(columns: Sequence[Column], recall: dict[str, float]) -> dict[str, Any]:
    """The figures for programs."""
    systems = {
        column.name: {name: column.summary.figures[name] for name in FIGURES} | {"n": column.summary.n}
        for column in columns
    }
    return {"systems": systems, "recall": recall}


def standard_error(figure: float, n: int) -> float:
    """Of a share in percent, measured on ``n`` questions."""
    share = figure / 100
    return 100 * math.sqrt(share * (1 - share) / n) if n else 0.0


def _column(name: str, items: Sequence[Item], known: Known, out: Path) -> Column:
    folder = out if name == "chosen" else out / name
    folder.mkdir(parents=True, exist_ok=True)
    file = ResultFile(folder / RESULTS)
    results = score(items, known, metrics=METRICS, file=file)
    file.replace(results)
    summary = summarise(results, {"name": name, "kind": "cross-validated" if name == "chosen" else name})
    summary.save(folder / SUMMARY)
    return Column(name, results, summary)


def _item(record: Record, call: str | None) -> Item:
    return Item(record=record, answer=Answer.of(call=call))


def _cell(summary: Summary, name: str) -> str:
    figure = summary.figures.get(name)
    if figure is None:
        return "-"
    return f"{figure:.1f} ({standard_error(figure, summary.measured_on.get(name, summary.n)):.1f})"


def save_figures(figures: dict[str, Any], file: Path) -> None:
    """Write :func:`as_json`'s figures."""
    file.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
