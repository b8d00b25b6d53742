"""Fills the page's template. Answers are data for its script, which writes them as text, never as markup."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from callwright_training.errors import RecordsError
from callwright_training.evaluation.compare import SideBySide
from callwright_training.evaluation.report.plots import bars, outcomes
from callwright_training.evaluation.results import Result
from callwright_training.evaluation.table import p_text
from callwright_training.metrics import KEYS, Key

_LONGEST_TEXT = 6000
"""Characters of a script or answer that the page shows; some answers run on for pages."""


def write_report(compared: SideBySide, path: Path) -> None:
    """Write the page.

    Raises:
        RecordsError: The file cannot be written.
    """
    try:
        path.write_text(render(compared), encoding="utf-8")
    except OSError as error:
        raise RecordsError(f"{path}: cannot be written: {error.strerror}") from error


def render(compared: SideBySide) -> str:
    """The page as text."""
    from jinja2 import Environment, StrictUndefined

    folder = files("callwright_training.evaluation.report")
    read = {
        name: folder.joinpath(name).read_text(encoding="utf-8")
        for name in ("page.html", "page.css", "page.js")
    }
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["p_text"] = p_text
    shown = [key for key in KEYS.values() if _has(compared, key)]
    return environment.from_string(read["page.html"]).render(
        css=read["page.css"],
        js=read["page.js"],
        data=_embedded(_data(compared, shown)),
        evaluations=compared.evaluations,
        intervals=compared.intervals,
        dropped=compared.dropped,
        pairs=compared.pairs,
        keys=shown,
        bars=bars(compared, shown),
        outcomes={(pair.first, pair.second): outcomes(pair) for pair in compared.pairs},
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


def _has(compared: SideBySide, key: Key) -> bool:
    return any(each.summary.figures.get(key.name) is not None for each in compared.evaluations)


def _data(compared: SideBySide, keys: list[Key]) -> dict[str, Any]:
    """What the page's script shows: systems, metrics and, per question, each system's answers."""
    questions: dict[str, dict[str, Any]] = {}
    for index, each in enumerate(compared.evaluations):
        for result in each.results:
            question = questions.setdefault(result.record, _question(result, len(compared.evaluations)))
            question["answers"][index].append(_answer(result))
    return {
        "systems": [each.name for each in compared.evaluations],
        "metrics": [
            {
                "name": key.name,
                "summary": key.summary,
                "binary": key.kind == "binary",
                "up": key.higher_is_better,
            }
            for key in keys
            if key.kind != "corpus"
        ],
        "questions": list(questions.values()),
    }


def _question(result: Result, systems: int) -> dict[str, Any]:
    return {
        "id": result.record,
        "instruction": result.instruction,
        "domain": result.domain,
        "call": result.reference_call,
        "code": _cut(result.reference_code),
        "answers": [[] for _ in range(systems)],
    }


def _answer(result: Result) -> dict[str, Any]:
    scores = {name: round(value, 4) for name, value in result.scores.items() if value is not None}
    parts = {"call": result.call, "code": _cut(result.code), "text": _cut(result.text)}
    return {**parts, "scores": scores, "notes": result.notes, "ms": result.ms}


def _cut(text: str | None) -> str | None:
    if text is None or len(text) <= _LONGEST_TEXT:
        return text
    return f"{text[:_LONGEST_TEXT]}\n… ({len(text) - _LONGEST_TEXT} more characters)"


def _embedded(data: dict[str, Any]) -> str:
    """JSON that cannot end its own script element."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
