"""The stage ``evaluate`` of a run: M_SFT and M_RL on the held-out records, by the same judge, and the bundle.

Both are asked for the likeliest completion, and where told for a few drawn ones: few are held out, and
one completion of each says little. Nothing here is measured on records that were trained on.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from callwright_plugins.questions import QuestionSet
from callwright_training.errors import StageError
from callwright_training.feedback.samples import whole_lines
from callwright_training.feedback.stage import FeedbackRequest, run_feedback
from callwright_training.progress import steps
from callwright_training.records import Record
from callwright_training.run.gains import compare
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
    ways = {"greedy": 1} | ({"drawn": run.file.evaluate.samples} if run.file.evaluate.samples else {})
    judged = {way: _models(run, way, count, records, threshold) for way, count in ways.items()}
    questions = [question.id for question in _questions(run).questions]
    summary = {
        "records": len(records),
        "threshold": threshold,
        "judge": run.file.feedback.judge,
        "seeds": run.file.ppo.seeds,
        "samples": ways,
        "unlabelled": {
            way: [len(records) * ways[way] - len(rows) for rows in models] for way, models in judged.items()
        },
        "gains": {way: compare(models[0], models[1:], questions) for way, models in judged.items()},
        "bundle": _bundle(run, records, folder),
        "examples": _examples(judged["greedy"][0], judged["greedy"][1]),
    }
    (folder / "summary.json").write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
    return {name: value for name, value in summary.items() if name != "examples"}


def _models(
    run: Run, way: str, count: int, records: Sequence[Record], threshold: float
) -> list[list[dict[str, Any]]]:
    """Labelled completions by M_SFT, and by M_RL of each seed; all draw with the same random numbers."""
    models = [("sft", run.tuned())]
    models += [(f"rl-{number}", run.reinforced(number)) for number in range(run.file.ppo.seeds)]
    return [_judged(run, f"{name}-{way}", model, count, records, threshold) for name, model in models]


def _judged(
    run: Run,
    name: str,
    model: tuple[str, Path | None],
    count: int,
    records: Sequence[Record],
    threshold: float,
) -> list[dict[str, Any]]:
    """One model's labelled completions, each with its answers as good or not."""
    asked = {"threshold": threshold, "limit": None, "samples": count}
    if name.endswith("greedy"):
        asked["temperature"] = 0.0
    request = FeedbackRequest(
        base=model[0],
        adapter=model[1],
        records=records,
        catalogue=run.catalogue,
        plugins=run.plugins,
        settings=run.file.feedback.model_copy(update=asked),
        seed=run.file.seed,
        out=run.folder("evaluate") / name,
        answers=run.out / "answers",
    )
    with steps(f"evaluate {name}") as step:
        run_feedback(request, step)
    questions = {question.id: question for question in _questions(run).questions}
    rows: list[dict[str, Any]] = []
    for row in whole_lines(request.out / "labels.jsonl"):
        told = {id_: said["yes"] for id_, said in row["answers"].items() if said["yes"] is not None}
        rows.append(row | {"good": {id_: questions[id_].is_good(yes) for id_, yes in told.items()}})
    if run.file.evaluate.environment is not None:
        from callwright_training.run.executed import add_executed

        add_executed(run, rows, run.file.evaluate.environment, run.folder("evaluate"))
    return rows


def _questions(run: Run) -> QuestionSet:
    return run.plugins.question_set(run.file.feedback.questions)


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
        form="script" if run.file.feedback.form == "script" else "call",
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


def _examples(before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A dozen completions side by side, those that differ first."""
    ours = {row["sample"]["record"]: row for row in after}
    both = [(row, ours[row["sample"]["record"]]) for row in before if row["sample"]["record"] in ours]
    both.sort(key=lambda pair: pair[0]["sample"]["completion"] == pair[1]["sample"]["completion"])
    return [
        {
            "instruction": one["sample"]["instruction"],
            "before": one["sample"]["completion"],
            "before_score": one["score"],
            "after": other["sample"]["completion"],
            "after_score": other["score"],
        }
        for one, other in both[:12]
    ]
