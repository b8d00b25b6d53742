"""``rlaif-train sft``: supervised fine-tuning from the shell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from callwright_training.options import settings_options
from callwright_training.sft.settings import SFT


@click.command()
@click.option(
    "--records",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Records to train on, repeatable; huggingface_*.json under $CALLWRIGHT_DATA if not given.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("out/sft"),
    show_default=True,
    help="The run's folder.",
)
@click.option("--restart", is_flag=True, help="Throw away what the folder has and begin anew.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@settings_options(SFT)
def sft(files: tuple[Path, ...], out: Path, restart: bool, as_json: bool, **values: Any) -> None:
    """Tune a base model on records (supervised fine-tuning).

    Stopped with Ctrl-C or killed, the same command goes on where it was and ends with the same adapter.

    \b
    Examples:
      rlaif-train sft --records team.jsonl
      rlaif-train sft --records huggingface_train.json --form gorilla --base gpt2-large
      rlaif-train sft --base tiny --records team.jsonl --out /tmp/try --epochs 1
    """  # noqa: D301
    import json
    import shutil
    from dataclasses import asdict

    from callwright_training.run.reading import checked
    from callwright_training.sft.train import Stopped, tune

    settings = checked(SFT, values, "options")
    records = _records(files)
    if restart:
        shutil.rmtree(out, ignore_errors=True)
    try:
        metrics = tune(settings, records, out)
    except Stopped as stopped:
        click.echo(f"{out}: {stopped}", err=True)
        raise click.Abort from stopped
    if as_json:
        click.echo(json.dumps(asdict(metrics), indent=2))
        return
    after = (
        ""
        if metrics.held_out_loss is None
        else (f", held-out loss {metrics.held_out_loss_before:.3f} -> {metrics.held_out_loss:.3f}")
    )
    click.echo(
        f"{out}: {metrics.steps} steps, {metrics.tokens} tokens, {metrics.seconds / 60:.1f} min, "
        f"loss {metrics.loss:.3f}{after}"
    )


def _records(files: tuple[Path, ...]) -> list[Any]:
    from callwright_training.errors import RecordsError
    from callwright_training.records import read_records
    from callwright_training.records.survey import gorilla_files

    paths = files or tuple(
        path for path in gorilla_files() if path.name.startswith("huggingface_") and path.suffix == ".json"
    )
    found = [read_records(path) for path in paths]
    for line in [item for records in found for item in records.skipped]:
        click.echo(f"skipped {line}", err=True)
    records = [record for group in found for record in group]
    if not records:
        raise RecordsError(f"no record in {', '.join(map(str, paths))}; `rlaif-train data FILE` tells why")
    return records
