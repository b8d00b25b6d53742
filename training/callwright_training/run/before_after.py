"""The stage ``evaluate`` of a run: M_SFT and M_RL on the held-out records, by the same judge, and the bundle.

Both are asked greedily, as they are served. Nothing here is measured on records that were trained on.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from callwright_training.errors import StageError
from callwright_training.feedback.samples import whole_lines
from callwright_training.feedback.stage import FeedbackRequest, run_feedback
from callwright_training.progress import steps
from callwright_training.records import Record
from callwright_training.run.stages import Run

Step = Callable[[str, float], None]


def evaluate_run(run: Run, step: Step) -> dict[str, Any]:
    """Measure; returns the summary that it writes.

    Raises:
        StageError: No record is held out.
    """
    del step
    records = run.split.held_out[: run.file.evaluate.limit]
    if not records:
        raise StageError("evaluate: no record is held out; set `held_out` under [sft] above 0")
    folder = run.folder("evaluate")
    threshold = json.loads((run.folder("feedback") / "summary.json").read_text())["threshold"]
    judged = {
        name: _judged(run, name, model, records, threshold)
        for name, model in (("sft", run.tuned()), ("rl", run.reinforced()))
    }
    summary = {
        "records": len(records),
        "threshold": threshold,
        "judge": run.file.feedback.judge,
        "before": _figures(judged["sft"]),
        "after": _figures(judged["rl"]),
        "change": _change(judged["sft"], judged["rl"]),
        "bundle": _bundle(run, records, folder),
        "examples": _examples(judged["sft"], judged["rl"]),
    }
    (folder / "summary.json").write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
    return {name: value for name, value in summary.items() if name != "examples"}


def _judged(
    run: Run, name: str, model: tuple[str, Path | None], records: Sequence[Record], threshold: float
) -> dict[str, dict[str, Any]]:
    """Each held-out record's greedy completion with its label, by record."""
    greedy = {"samples": 1, "temperature": 0.0, "threshold": threshold, "limit": None}
    request = FeedbackRequest(
        base=model[0],
        adapter=model[1],
        records=records,
        catalogue=run.catalogue,
        plugins=run.plugins,
        settings=run.file.feedback.model_copy(update=greedy),
        seed=run.file.seed,
        out=run.folder("evaluate") / name,
        answers=run.out / "answers",
    )
    with steps(f"evaluate {name}") as step:
        run_feedback(request, step)
    return {row["sample"]["record"]: row for row in whole_lines(request.out / "labels.jsonl")}


def _figures(rows: dict[str, dict[str, Any]]) -> dict[str, float]:
    count = max(1, len(rows))
    return {
        "labelled": len(rows),
        "accepted": sum(row["accepted"] for row in rows.values()) / count,
        "score": sum(row["score"] for row in rows.values()) / count,
    }


def _change(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Gain in accepted rate over records that both were labelled on; 95 % interval for paired shares."""
    both = [name for name in before if name in after]
    won = sum(after[name]["accepted"] and not before[name]["accepted"] for name in both)
    lost = sum(before[name]["accepted"] and not after[name]["accepted"] for name in both)
    count = max(1, len(both))
    gain = (won - lost) / count
    error = 1.96 * math.sqrt(max(won + lost - (won - lost) ** 2 / count, 0.0)) / count
    return {
        "records": len(both),
        "won": won,
        "lost": lost,
        "gain": gain,
        "low": gain - error,
        "high": gain + error,
    }


def _bundle(run: Run, records: Sequence[Record], folder: Path) -> dict[str, Any]:
    """The very bundle, asked through the server's engine."""
    from callwright_training.evaluation.request import Request
    from callwright_training.evaluation.run import evaluate_request

    questions = folder / "held_out.jsonl"
    questions.write_text("".join(json.dumps(_plain(record), ensure_ascii=False) + "\n" for record in records))
    request = Request(
        bundle=str(run.folder("export") / "bundle"),
        records=questions,
        metrics=run.file.evaluate.metrics,
        form=run.file.feedback.form,
        max_tokens=run.file.feedback.max_tokens,
        out=folder / "bundle",
        name=run.file.name,
        jobs=1,
    )
    with redirect_stdout(sys.stderr):  # the table is for people; stdout has one line for each stage
        return evaluate_request(request).to_json()


def _plain(record: Record) -> dict[str, Any]:
    """A record in the project's own form."""
    values = {
        "instruction": record.instruction,
        "input": record.input,
        "api_call": record.call,
        "name": record.api.name,
        "domain": record.domain,
        "provider": record.provider,
        "code": record.code,
        "imports": list(record.api.imports),
    }
    return {name: value for name, value in values.items() if value}


def _examples(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """A dozen completions side by side, those that differ first."""
    both = [name for name in before if name in after]
    both.sort(key=lambda name: before[name]["sample"]["completion"] == after[name]["sample"]["completion"])
    return [
        {
            "instruction": before[name]["sample"]["instruction"],
            "before": before[name]["sample"]["completion"],
            "before_score": before[name]["score"],
            "after": after[name]["sample"]["completion"],
            "after_score": after[name]["score"],
        }
        for name in both[:12]
    ]
