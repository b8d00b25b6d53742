"""``rlaif-train ppo``: reads the options; the work is in ``callwright_training.ppo``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from callwright_training.commands.shared import model_options

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@model_options
@click.option("--reward", type=_FOLDER, help="Folder of the stage reward.")
@click.option(
    "--graded-by",
    type=click.Choice(["static", "execution"]),
    help="Instead of a reward model: the right API, times whether it would, or does, run.",
)
@click.option("--catalogue", metavar="FILE_OR_NAME", help="The calls that exist, for --graded-by.")
@click.option(
    "--records", type=_FILE, multiple=True, required=True, help="Records whose tasks are the prompts."
)
@click.option(
    "--form",
    type=click.Choice(["call", "script", "usage", "choice"]),
    default="call",
    show_default=True,
    help="As served.",
)
@click.option(
    "--algorithm", type=click.Choice(["ppo", "grpo"]), help="Our loop, or TRL's GRPO.  [default: ppo]"
)
@click.option("--steps", type=click.IntRange(1), help="Updates.  [default: 100]")
@click.option("--batch-size", type=click.IntRange(1), help="Completions of one update.  [default: 32]")
@click.option("--minibatches", type=click.IntRange(1), help="Optimizer steps of one pass.  [default: 4]")
@click.option("--max-tokens", type=click.IntRange(1), help="The longest completion.  [default: 64]")
@click.option("--learning-rate", type=float, help="Highest learning rate.  [default: 1e-5]")
@click.option("--kl-coefficient", type=float, help="Reward lost per nat of drift.  [default: 0.05]")
@click.option("--kl-target", type=float, help="Steer the coefficient to so many nats.")
@click.option("--lora-rank", type=click.IntRange(0), help="0 tunes every weight.  [default: 16]")
@click.option("--bf16", is_flag=True, default=None, help="Compute in bfloat16.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of order and samples.")
@click.option("--out", type=_FOLDER, required=True, help="The stage's folder.")
def ppo(
    base: str,
    adapter: Path | None,
    reward: Path | None,
    graded_by: str | None,
    catalogue: str | None,
    records: tuple[Path, ...],
    form: Any,
    seed: int,
    out: Path,
    **settings: Any,
) -> None:
    """Tune the model against the reward model.

    Give --reward, or --graded-by. A killed run goes on where it stopped when the same command is given again.
    Every setting of PPO can be given in a run file (`rlaif-train run`).

    \b
    Examples:
      rlaif-train ppo --adapter out/sft --reward out/reward --records team.jsonl --out out/ppo
      rlaif-train ppo --graded-by static --catalogue calls.jsonl --records team.jsonl --out out/ppo
    """  # noqa: D301
    if (reward is None) == (graded_by is None):
        raise click.UsageError("give either --reward or --graded-by")
    from callwright_plugins.manager import Plugins
    from callwright_training.feedback.inputs import load_catalogue, load_records
    from callwright_training.ppo.settings import PPOSettings
    from callwright_training.ppo.stage import PPORequest, run_ppo
    from callwright_training.progress import steps
    from callwright_training.run.reading import checked

    given = {name: value for name, value in settings.items() if value is not None}
    given |= {"reward": graded_by} if graded_by else {}
    request = PPORequest(
        base=base,
        adapter=adapter,
        reward=reward or out,
        catalogue=load_catalogue(catalogue, Plugins()),
        records=load_records(records),
        form=form,
        settings=checked(PPOSettings, given, "ppo"),
        seed=seed,
        out=out,
    )
    with steps("ppo") as step:
        found = run_ppo(request, step)
    first, last = found["first"], found["last"]
    click.echo(
        f"{found['updates']} updates: reward {first['reward']:.3f} to {last['reward']:.3f},"
        f" KL {last['kl']:.3f}, length {first['length']:.1f} to {last['length']:.1f}"
    )
    if found["stopped"]:
        click.echo(f"stopped early at {found['stopped']}")
    click.echo(str(out / "model"))
