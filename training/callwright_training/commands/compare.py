"""``rlaif-train compare``: reads the options; the work is in ``callwright_training.evaluation``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

_FILE = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


@click.command()
@click.argument("evaluations", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--html", "html_file", type=_FILE, help="Write a report that needs nothing but a browser.")
@click.option("--json", "json_file", type=_FILE, help="Write figures and tests here; - is stdout.")
@click.option(
    "--resamples", type=click.IntRange(100), default=2000, show_default=True, help="Of the bootstrap."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the bootstrap.")
def compare(
    evaluations: tuple[Path, ...], html_file: Path | None, json_file: Path | None, resamples: int, seed: int
) -> None:
    """Set evaluations side by side, with paired tests.

    EVALUATIONS are folders that `rlaif-train evaluate --out` wrote, or their summary files. Figures are taken
    on the questions that all of them answered; every system is tested against the first.

    \b
    Examples:
      rlaif-train compare out/gorilla-7b out/default --html report.html
      rlaif-train compare out/* --json comparison.json
    """  # noqa: D301
    from callwright_training.evaluation.compare import read_evaluation, side_by_side, write_json
    from callwright_training.evaluation.progress import progress
    from callwright_training.evaluation.table import print_comparison

    with progress("comparing", 1) as advance:
        compared = side_by_side(
            [read_evaluation(place) for place in evaluations], resamples=resamples, seed=seed
        )
        advance(1)
    to_stdout = json_file == Path("-")
    print_comparison(compared, stderr=to_stdout)
    if to_stdout:
        sys.stdout.write(json.dumps(compared.to_json(), ensure_ascii=False) + "\n")
    elif json_file is not None:
        write_json(compared, json_file)
    if html_file is not None:
        from callwright_training.evaluation.report import write_report

        write_report(compared, html_file)
        click.echo(f"report: {html_file}", err=True)
