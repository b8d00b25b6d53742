"""``rlaif-train feedback``: reads the options; the work is in ``callwright_training.feedback``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from callwright_plugins.command_line import plugin_option
from callwright_training.commands.shared import judge_options, model_options, options_table

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@model_options
@click.option("--records", type=_FILE, multiple=True, required=True, help="Records to ask the model about.")
@click.option(
    "--catalogue", metavar="FILE_OR_NAME", help="APIs that exist; a plugin's catalogue by its name."
)
@judge_options
@click.option("--samples", type=click.IntRange(1), help="Completions for each record.  [default: 4]")
@click.option("--temperature", type=click.FloatRange(0), help="Divides the logits.  [default: 1.0]")
@click.option("--max-tokens", type=click.IntRange(1), help="The longest completion.  [default: 64]")
@click.option(
    "--form",
    type=click.Choice(["call", "script", "usage", "choice"]),
    help="What is asked for.  [default: call]",
)
@click.option("--threshold", type=float, help="Score from which a sample is accepted.")
@click.option("--quantile", type=click.FloatRange(0, 1), help="Share not to accept.  [default: 0.5]")
@click.option("--limit", type=click.IntRange(1), help="Sample only so many records.")
@click.option("--workers", type=click.IntRange(1), help="Processes that sample.  [default: 1]")
@click.option("--ray", metavar="ADDRESS", help="Sample on a Ray cluster: auto, or ray://host:10001.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the samples.")
@click.option("--out", type=_FOLDER, required=True, help="The stage's folder.")
@plugin_option
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def feedback(
    records: tuple[Path, ...],
    catalogue: str | None,
    base: str,
    adapter: Path | None,
    options: tuple[str, ...],
    seed: int,
    out: Path,
    plugin_files: tuple[Path, ...],
    as_json: bool,
    **settings: Any,
) -> None:
    """Sample from a model and let a judge answer questions.

    A killed run goes on where it stopped when the same command is given again.

    \b
    Examples:
      rlaif-train feedback --base smollm2-135m --adapter out/sft --records team.jsonl --out out/feedback
      rlaif-train feedback --base tiny --records team.jsonl --judge openai \\
          --option base_url=http://localhost:8000/v1 --option model=qwen --option budget=2 --out out/feedback
    """  # noqa: D301
    from callwright_plugins.manager import Plugins
    from callwright_training.feedback.inputs import load_catalogue, load_records
    from callwright_training.feedback.settings import FeedbackSettings
    from callwright_training.feedback.stage import FeedbackRequest, run_feedback
    from callwright_training.progress import steps
    from callwright_training.run.reading import checked

    given = {name: value for name, value in settings.items() if value is not None}
    plugins = Plugins(plugin_files)
    request = FeedbackRequest(
        base=base,
        adapter=adapter,
        records=load_records(records),
        catalogue=load_catalogue(catalogue, plugins),
        plugins=plugins,
        settings=checked(FeedbackSettings, given | {"options": options_table(options)}, "feedback"),
        seed=seed,
        out=out,
    )
    with steps("feedback") as step:
        summary = run_feedback(request, step)
    click.echo(json.dumps(summary, ensure_ascii=False) if as_json else _told(summary, out))


def _told(summary: dict[str, Any], out: Path) -> str:
    bars = "\n".join(f"  {score:>6}  {count:5}" for score, count in summary["histogram"].items())
    spent = summary["spending"]
    return (
        f"{summary['labelled']} of {summary['samples']} samples labelled, {summary['accepted']} accepted"
        f" (score of {summary['threshold']:g} or more); {summary['unlabelled']} unlabelled\n"
        f"  score  samples\n{bars}\n"
        f"{spent['requests']} requests, {spent['input_tokens'] + spent['output_tokens']} tokens,"
        f" {spent['money']:.4g} spent\n{out / 'labels.jsonl'}"
    )
