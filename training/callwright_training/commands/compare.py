"""``rlaif-train compare``: reads the options; the work is in ``callwright_training.evaluation``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from callwright_training.evaluation.compare import Evaluation
    from callwright_training.evaluation.line_up import SystemToEvaluate

_FILE = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


@click.command()
@click.argument("evaluations", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--systems",
    metavar="NAME_OR_FILE",
    help="Evaluate these first: a line-up (TOML) of systems and questions, such as apibench.",
)
@click.option(
    "--adapter",
    "adapters",
    multiple=True,
    metavar="NAME=DIR",
    help="One more system of the line-up: this adapter, as it would be served. Several times.",
)
@click.option(
    "--form",
    type=click.Choice(["call", "script"]),
    default="call",
    show_default=True,
    help="What an --adapter is asked for: the call, or also the lines below it.",
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Keeps what --systems evaluates."
)
@click.option("--html", "html_file", type=_FILE, help="Write a report that needs nothing but a browser.")
@click.option("--json", "json_file", type=_FILE, help="Write figures and tests here; - is stdout.")
@click.option("--markdown", "markdown_file", type=_FILE, help="Write one table for a README.")
@click.option(
    "--resamples", type=click.IntRange(100), default=2000, show_default=True, help="Of the bootstrap."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the bootstrap.")
def compare(
    evaluations: tuple[Path, ...],
    systems: str | None,
    adapters: tuple[str, ...],
    form: Literal["call", "script"],
    out: Path | None,
    html_file: Path | None,
    json_file: Path | None,
    markdown_file: Path | None,
    resamples: int,
    seed: int,
) -> None:
    """Set evaluations side by side, with paired tests.

    EVALUATIONS are folders that `rlaif-train evaluate --out` wrote, or their summary files; with --systems
    they are made here, and made again only where something has changed. Figures are taken on the questions
    that all of them answered; every system is tested against the first.

    \b
    Examples:
      rlaif-train compare out/gorilla-7b out/default --html report.html
      rlaif-train compare out/* --json comparison.json
      rlaif-train compare --systems apibench --out out/apibench --html report.html
      rlaif-train compare --systems apibench --adapter SFT=out/sft/adapter --form script --out out/apibench
    """  # noqa: D301
    from callwright_training.evaluation.compare import read_evaluation, side_by_side, write_json
    from callwright_training.evaluation.progress import progress
    from callwright_training.evaluation.table import print_comparison

    made = _of_line_up(systems, [_adapter(text, form) for text in adapters], out)
    with progress("comparing", 1) as advance:
        found = [*made, *(read_evaluation(place) for place in evaluations)]
        compared = side_by_side(found, resamples=resamples, seed=seed)
        advance(1)
    to_stdout = json_file == Path("-")
    print_comparison(compared, stderr=to_stdout)
    if to_stdout:
        sys.stdout.write(json.dumps(compared.to_json(), ensure_ascii=False) + "\n")
    elif json_file is not None:
        write_json(compared, json_file)
    if markdown_file is not None:
        from callwright_training.evaluation.markdown import write_markdown

        write_markdown(compared, markdown_file)
    if html_file is not None:
        from callwright_training.evaluation.report import write_report

        write_report(compared, html_file)
        click.echo(f"report: {html_file}", err=True)


def _of_line_up(
    systems: str | None, adapters: Sequence[SystemToEvaluate], out: Path | None
) -> list[Evaluation]:
    """What the line-up's systems are worth; nothing without one."""
    if systems is None:
        if adapters:
            raise click.UsageError("--adapter names a system of a line-up; give --systems too")
        return []
    if out is None:
        raise click.UsageError("--systems needs --out, a folder for bundles, answers and results")
    from callwright_training.evaluation.evaluate_line_up import evaluate_line_up
    from callwright_training.evaluation.line_up import read_line_up

    line_up = read_line_up(systems)
    return list(evaluate_line_up(line_up.model_copy(update={"systems": (*adapters, *line_up.systems)}), out))


def _adapter(text: str, form: Literal["call", "script"]) -> SystemToEvaluate:
    from callwright_training.evaluation.line_up import SystemToEvaluate

    name, equals, folder = text.partition("=")
    if not (name and equals and Path(folder).is_dir()):
        raise click.BadParameter(
            f"{text!r}: write NAME=DIR, with an adapter's folder", param_hint="--adapter"
        )
    return SystemToEvaluate(name=name, adapter=folder, form=form)
