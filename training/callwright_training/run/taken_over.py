"""Results that a run takes over instead of making them: M_SFT's adapter, and another run's M_reward."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from callwright_training.errors import StageError
from callwright_training.export.merge import adapter_hash
from callwright_training.reward.stage import START

FEEDBACK = ("labels.jsonl", "unlabelled.jsonl", "summary.json")
REWARD = ("reward.safetensors", "reward.json", "quality.json")


def take_adapter(adapter: Path, place: Path) -> dict[str, Any]:
    """Copy M_SFT's adapter; the folder appears as a whole."""
    partial = place.with_name(f"{place.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(adapter, partial)
    shutil.rmtree(place, ignore_errors=True)
    partial.rename(place)
    return {"adapter": adapter_hash(place)}


def take_feedback(run: Path, place: Path) -> dict[str, Any]:
    """Copy another run's labels; returns their summary."""
    _copy(run / "feedback", FEEDBACK, place)
    summary: dict[str, Any] = json.loads((place / "summary.json").read_text(encoding="utf-8"))
    return summary


def take_reward(run: Path, place: Path) -> dict[str, Any]:
    """Copy another run's M_reward with the adapter that it started from; returns its figures.

    Raises:
        StageError: That run tuned every weight, so that there is no adapter.
    """
    if not (run / "sft" / "adapter").is_dir():
        raise StageError(f"{run}: M_reward can be taken over from runs with an adapter only")
    _copy(run / "reward", REWARD, place)
    take_adapter(run / "sft" / "adapter", place / START)
    figures: dict[str, Any] = json.loads((place / "quality.json").read_text(encoding="utf-8"))
    return figures


def _copy(folder: Path, names: Sequence[str], place: Path) -> None:
    for name in names:
        if not (folder / name).is_file():
            raise StageError(
                f"{folder / name}: it is not there to be taken over; end that run's stages first"
            )
        shutil.copyfile(folder / name, place / name)
