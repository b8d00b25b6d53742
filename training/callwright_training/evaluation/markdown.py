"""A comparison as a table for a README: one row a system, quality never without its price."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from callwright_training.errors import RecordsError
from callwright_training.evaluation.compare import Evaluation, SideBySide
from callwright_training.evaluation.run import this_command
from callwright_training.metrics import KEYS

COLUMNS = {
    "api_match": "right API",
    "exact_call": "exact call",
    "gorilla_accuracy": "domain",
    "invented_ids": "invented ids",
    "executability_lenient": "runs",
    "executability_and_api": "runs, right API",
    "codebleu": "CodeBLEU",
    "rouge_mean": "ROUGE",
}
"""Metrics that are shown, with their headings; those that no system has are left out."""

BAR = "\\|"


def write_markdown(compared: SideBySide, path: Path) -> None:
    """Write the table; ``-`` is stdout.

    Raises:
        RecordsError: The file cannot be written.
    """
    text = markdown(compared, this_command(), datetime.now(UTC).strftime("%Y-%m-%d"))
    if path == Path("-"):
        sys.stdout.write(text)
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RecordsError(f"{path}: cannot be written: {error.strerror}") from error


def markdown(compared: SideBySide, command: str, date: str) -> str:
    """The table, with the command and the date that made it, and how sure its figures are."""
    systems = compared.evaluations
    shown = [name for name in COLUMNS if any(each.summary.figures.get(name) is not None for each in systems)]
    head = [
        "system",
        *(f"{COLUMNS[name]}{'' if KEYS[name].higher_is_better else ' ↓'}" for name in shown),
        "ms",
    ]
    lines = [_row(head), _row(["---", *["--:"] * (len(head) - 1)])]
    lines += [_row([each.name, *(_figure(each, name) for name in shown), _latency(each)]) for each in systems]
    return "\n".join([*lines, "", _note(compared, shown, command, date)]) + "\n"


def _note(compared: SideBySide, shown: list[str], command: str, date: str) -> str:
    """How many questions, how sure, how often the references run, and what made the table."""
    said = f"{compared.evaluations[0].summary.records} questions, percent; ms: median time of an answer."
    spans = [of[name] for of in compared.intervals.values() for name in shown[:1] if name in of]
    if spans:
        width = max((high - low) / 2 for low, high in spans)
        said += f" 95 % intervals of the first column: ±{width:.0f} points at most."
    references = [each.summary.figures.get("executability_references") for each in compared.evaluations]
    if known := [value for value in references if value is not None]:
        said += f" The references' own scripts run in {known[0]:.1f} % of the cases."
    return f"{said} `{command}`, {date}."


def _figure(evaluation: Evaluation, name: str) -> str:
    value = evaluation.summary.figures.get(name)
    return "-" if value is None else f"{value:.1f}"


def _latency(evaluation: Evaluation) -> str:
    times = evaluation.summary.latency_ms
    return "-" if times is None else f"{times['median']:.0f}"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cell.replace('|', BAR) for cell in cells)} |"
