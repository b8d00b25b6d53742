"""``rlaif-train reward``: reads the options; the work is in ``callwright_training.reward``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from callwright_training.commands.shared import model_options

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@model_options
@click.option("--labels", type=_FILE, required=True, help="labels.jsonl of the stage feedback.")
@click.option("--epochs", type=click.IntRange(1), help="How often each sample is seen.  [default: 2]")
@click.option("--batch-size", type=click.IntRange(1), help="Samples of one step.  [default: 16]")
@click.option("--learning-rate", type=float, help="Highest learning rate.  [default: 1e-4]")
@click.option("--held-out", type=float, help="Share of the records to measure on.  [default: 0.2]")
@click.option("--lora-rank", type=click.IntRange(0), help="0 tunes every weight.  [default: 16]")
@click.option("--bf16", is_flag=True, default=None, help="Compute in bfloat16.")
@click.option(
    "--accept-chance", is_flag=True, default=None, help="Go on even if it is no better than chance."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of split, order and head.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="The stage's folder."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def reward(
    base: str, adapter: Path | None, labels: Path, seed: int, out: Path, as_json: bool, **settings: Any
) -> None:
    """Train the reward model on the judge's labels.

    \b
    Examples:
      rlaif-train reward --adapter out/sft --labels out/feedback/labels.jsonl --out out/reward
    """  # noqa: D301
    from callwright_training.progress import steps
    from callwright_training.reward.settings import RewardSettings
    from callwright_training.reward.stage import RewardRequest, train_reward
    from callwright_training.run.reading import checked

    given = {name: value for name, value in settings.items() if value is not None}
    request = RewardRequest(
        base=base,
        adapter=adapter,
        labels=labels,
        settings=checked(RewardSettings, given, "reward"),
        seed=seed,
        out=out,
    )
    with steps("reward") as step:
        found = train_reward(request, step)
    click.echo(
        json.dumps(found)
        if as_json
        else f"held out: AUC {found['auc']:.3f} [{found['auc_low']:.3f}, {found['auc_high']:.3f}], accuracy"
        f" {found['accuracy']:.1%} (the more common label alone: {found['majority']:.1%}),"
        f" ECE {found['ece']:.3f}"
    )
