"""``rlaif-train judge``: reads the options; the work is in ``callwright_training.feedback``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from callwright_plugins.command_line import plugin_option

if TYPE_CHECKING:
    from callwright_training.feedback.agreement import Agreement
    from callwright_training.feedback.comparison import Comparison

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def judge() -> None:
    """Measure how far two judges agree.

    \b
    Examples:
      rlaif-train judge compare program judge.toml --samples out/feedback/samples.jsonl --records team.jsonl
    """  # noqa: D301


@judge.command("compare")
@click.argument("first")
@click.argument("second")
@click.option("--samples", type=_FILE, required=True, help="Samples of feedback, or a JSONL of your own.")
@click.option("--records", type=_FILE, multiple=True, help="Records that name each sample's right API.")
@click.option(
    "--catalogue", metavar="FILE_OR_NAME", help="APIs that exist; a plugin's catalogue by its name."
)
@click.option("--questions", metavar="NAME_OR_FILE", help="The question set.  [default: paper]")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("out/judges"),
    show_default=True,
    help="Keeps the answers, so that none is asked for twice.",
)
@plugin_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def compare(
    first: str,
    second: str,
    samples: Path,
    records: tuple[Path, ...],
    catalogue: str | None,
    questions: str | None,
    out: Path,
    plugin_files: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Print Cohen's kappa between two judges, and between each and labels given by hand.

    FIRST and SECOND are names of judges, or TOML files with `judge = "..."` and `[options]`. Lines of the
    samples file that have a "label" (true or false) count as labelled by hand.

    \b
    Examples:
      rlaif-train judge compare program judge.toml --samples out/feedback/samples.jsonl --records team.jsonl
      rlaif-train judge compare program house --plugin house_judge.py --samples hand_labelled.jsonl
    """  # noqa: D301
    from callwright_plugins.manager import Plugins
    from callwright_training.feedback.comparison import compare_judges, judge_settings, read_rows
    from callwright_training.feedback.inputs import load_catalogue, load_records
    from callwright_training.progress import steps

    plugins = Plugins(plugin_files)
    rows = read_rows(samples)
    with steps("judging") as step:
        found = compare_judges(
            (judge_settings(first, questions), judge_settings(second, questions)),
            rows,
            load_records(records) if records else (),
            load_catalogue(catalogue, plugins),
            plugins,
            out,
            step,
        )
    click.echo(json.dumps(_json(found), indent=2) if as_json else _told(found))


def _json(found: Comparison) -> dict[str, Any]:
    from dataclasses import asdict

    def without_nan(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: without_nan(item) for key, item in value.items()}
        return [without_nan(item) for item in value] if isinstance(value, tuple) else _number(value)

    told: dict[str, Any] = without_nan(asdict(found))
    return told


def _number(value: Any) -> Any:
    """JSON has no ``nan``."""
    return None if isinstance(value, float) and value != value else value


def _told(found: Comparison) -> str:
    lines = [f"{'question':14} {'both answered':>13} {'alike':>6}  kappa [95 %]"]
    lines += [_row(name, one) for name, one in found.table.items()]
    if found.hand is not None:
        lines += [_row(f"{name} / hand", one) for name, one in zip(found.judges, found.hand, strict=True)]
    unlabelled = ", ".join(
        f"{name} {count}" for name, count in zip(found.judges, found.unlabelled, strict=True)
    )
    return "\n".join([*lines, f"unlabelled: {unlabelled}"])


def _row(name: str, one: Agreement) -> str:
    return f"{name:14} {one.both:13} {one.same:6}  {one.kappa:.2f} [{one.low:.2f}, {one.high:.2f}]"
