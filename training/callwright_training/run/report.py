"""The report of a run: one HTML file, made from what the stages wrote."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from callwright_training.logs import read_log
from callwright_training.run.charts import bars, curve, reliability
from callwright_training.run.stages import STAGES, Run

CURVES = {
    "reward": "Reward (M_reward's logit)",
    "kl": "KL to M_SFT (nats a completion)",
    "entropy": "Entropy (nats a token)",
    "length": "Length (tokens)",
    "loss/value": "Value loss",
    "loss/policy": "Policy loss",
}


def write_report(run: Run) -> Path:
    """Write ``report.html`` from whatever stages are done; returns its place."""
    from jinja2 import Environment

    source = (resources.files("callwright_training") / "run" / "report.html.j2").read_text(encoding="utf-8")
    feedback = _json(run.folder("feedback") / "summary.json")
    quality = _json(run.folder("reward") / "quality.json")
    rows = read_log(run.folder("ppo"))
    text = (
        Environment(autoescape=True)
        .from_string(source)
        .render(
            name=run.file.name,
            title=run.file.title,
            stages=_stages(run),
            feedback=feedback,
            histogram=bars("Scores of the samples", _counts(feedback)),
            quality=quality,
            calibration=reliability("Calibration of M_reward", _points(quality)),
            curves=[curve(title, _column(rows, key)) for key, title in CURVES.items() if rows],
            evaluation=_json(run.folder("evaluate") / "summary.json"),
        )
    )
    path = run.out / "report.html"
    path.write_text(text, encoding="utf-8")
    return path


def _stages(run: Run) -> list[dict[str, Any]]:
    rows = []
    for stage in STAGES:
        if done := _json(run.folder(stage.name) / "done.json"):
            plain = {
                key: value for key, value in done["figures"].items() if isinstance(value, int | float | str)
            }
            words = ", ".join(f"{key} {_short(value)}" for key, value in plain.items())
            rows.append({"name": stage.name, "seconds": done["seconds"], "words": words})
    return rows


def _counts(feedback: dict[str, Any] | None) -> list[tuple[str, float]]:
    return list(feedback["histogram"].items()) if feedback else []


def _points(quality: dict[str, Any] | None) -> list[tuple[float, float]]:
    return [(one["predicted"], one["accepted"]) for one in quality["bins"]] if quality else []


def _column(rows: Sequence[dict[str, Any]], key: str) -> list[float]:
    return [row[key] for row in rows if key in row]


def _short(value: float | str) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _json(path: Path) -> dict[str, Any] | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
