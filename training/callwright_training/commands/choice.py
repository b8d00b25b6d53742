"""``rlaif-train choice``: tune the retriever and the language model's choice from the shell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from callwright_training.choice.settings import Choice
from callwright_training.options import settings_options
from callwright_training.sft.settings import SFT

if TYPE_CHECKING:
    from callwright_training.choice.inputs import Inputs

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option(
    "--records",
    multiple=True,
    type=_FILE,
    help="Questions about the catalogue's APIs; huggingface_*.json under $CALLWRIGHT_DATA if not given.",
)
@click.option(
    "--further",
    multiple=True,
    type=_FILE,
    help="Records about other APIs, for practice; torchhub and tensorflow under $CALLWRIGHT_DATA if no "
    "--records are given.",
)
@click.option("--catalogue", type=_FILE, help="The APIs to choose among; Gorilla's if not given.")
@click.option("--weights", type=_FILE, help="A choice.json with the weights that the bundle gets.")
@click.option("--retriever-only", is_flag=True, help="Leave the language model alone.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("out/choice"),
    show_default=True,
    help="The run's folder.",
)
@click.option("--restart", is_flag=True, help="Throw away what the folder has and begin anew.")
@settings_options(Choice)
@settings_options(SFT)
def choice(
    records: Sequence[Path],
    further: Sequence[Path],
    catalogue: Path | None,
    weights: Path | None,
    retriever_only: bool,
    out: Path,
    restart: bool,
    **values: Any,
) -> None:
    """Tune the retriever and the choice among what it finds.

    The encoder is tuned first; then the language model learns, in one run, to write calls and to choose
    among the retriever's. Stopped with Ctrl-C or killed, the same command goes on where it was. Give the
    folder that it names to `rlaif-train export --adapter`.

    \b
    Examples:
      rlaif-train choice --records team.jsonl --catalogue team_api.jsonl
      rlaif-train choice --retriever-only --out out/retriever
      rlaif-train choice --epochs 1 --lora-first-layer 15 --learning-rate 4e-4
    """  # noqa: D301
    import shutil

    from callwright_training.choice.inputs import read_inputs, read_weights
    from callwright_training.choice.tuning import Task, tune_choice
    from callwright_training.run.reading import checked
    from callwright_training.sft.train import Stopped

    asked = {name: values.pop(name) for name in Choice.model_fields}
    inputs: Inputs = read_inputs(records, further, catalogue)
    if restart:
        shutil.rmtree(out, ignore_errors=True)
    task = Task(
        records=inputs.records,
        further=inputs.further,
        entries=inputs.entries,
        sft=checked(SFT, values, "options"),
        choice=checked(Choice, asked, "options"),
        weights=read_weights(weights),
        out=out,
    )
    try:
        folder = tune_choice(task, retriever_only=retriever_only)
    except Stopped as stopped:
        click.echo(f"{out}: {stopped}", err=True)
        raise click.Abort from stopped
    click.echo(f"{folder}: ready; `rlaif-train export --adapter {folder if not retriever_only else out}`")
