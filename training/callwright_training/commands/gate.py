"""``rlaif-train gate``: from which likelihood on is something shown unasked?"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from callwright_server.gate import Gate

_FIT_ON = "datasets,peft,huggingface_hub,networkx,pandas"
_MEASURE_ON = "accelerate,trl,sklearn,rich,fsspec"
_SHARE = click.FloatRange(0, 1)


@click.command()
@click.argument("bundle", required=False)
@click.option(
    "--records",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Questions about the catalogue's APIs; huggingface_*.json under $CALLWRIGHT_DATA if not given.",
)
@click.option(
    "--held-out", type=_SHARE, default=0.1, show_default=True, help="Share of the records not trained on."
)
@click.option("--split-seed", default=0, show_default=True, help="Which share it is: as in training.")
@click.option("--fit-on", default=_FIT_ON, show_default=True, help="Packages whose code is fitted to.")
@click.option(
    "--measure-on", default=_MEASURE_ON, show_default=True, help="Packages whose code it is measured on."
)
@click.option("--sites", type=click.IntRange(1), default=80, show_default=True, help="Lines of each kind.")
@click.option("--comments", type=click.IntRange(1), default=300, show_default=True, help="Comments.")
@click.option(
    "--right",
    type=_SHARE,
    default=0.5,
    show_default=True,
    help="Share of the shown lines that must be what the author wrote.",
)
@click.option(
    "--unasked",
    type=_SHARE,
    default=0.1,
    show_default=True,
    help="Share of other people's comments that may bring a call.",
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Write gate.json into this folder too."
)
@click.option(
    "--notes",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File of what was seen of this bundle; a stopped run goes on from it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the file.")
def gate(
    bundle: str | None,
    records: tuple[Path, ...],
    held_out: float,
    split_seed: int,
    out: Path | None,
    notes: Path | None,
    as_json: bool,
    **asked: Any,
) -> None:
    """Fit when a bundle's suggestions are shown unasked.

    BUNDLE is an installed bundle's name or a folder; without it, the default bundle is meant. The model goes
    on with lines of installed packages' code, the retriever answers held-out questions and other people's
    comments; thresholds are fitted to the code of some packages and measured on that of others. They are
    written into the bundle as gate.json.

    \b
    Examples:
      rlaif-train gate
      rlaif-train gate team --right 0.7 --fit-on our_package --measure-on our_other_package
      rlaif-train gate --out out/choice/adapter     keep it with the adapter: export puts it into bundles
    """  # noqa: D301
    from callwright_server.bundle import find_bundle
    from callwright_server.suggest.installed import Installed, look, open_environment
    from callwright_training.gate.fit import Asked, fit_gate, install
    from callwright_training.progress import steps

    found = find_bundle(bundle)
    wanted = Asked(
        fit_on=tuple(asked.pop("fit_on").split(",")),
        measure_on=tuple(asked.pop("measure_on").split(",")),
        questions=_questions(records, held_out, split_seed),
        **asked,
    )
    with steps("Fitting the gate") as step:
        interpreter, _ = look(sys.executable, ())
        installed = Installed(open_environment(interpreter, ()))
        fitted = fit_gate(found, wanted, installed, step, notes)
    places = [install(fitted, found)]
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        places.append(fitted.save(out))
    if as_json:
        click.echo(json.dumps(fitted.model_dump(), indent=2))
        return
    _show(fitted, places)


def _questions(records: tuple[Path, ...], share: float, seed: int) -> tuple[str, ...]:
    """Instructions that were held out of training; none where no records are at hand."""
    from callwright_training.choice.corpus import question
    from callwright_training.choice.inputs import read_inputs
    from callwright_training.errors import StageError
    from callwright_training.records import held_out

    try:
        found = read_inputs(records, (), None).records
    except StageError:
        click.echo("No records are at hand: calls are fitted to comments alone.", err=True)
        return ()
    return tuple(question(record) for record in held_out(found, share, seed).held_out)


def _show(fitted: Gate, places: list[Path]) -> None:
    from rich.table import Table

    from callwright_training.evaluation.table import console_for

    table = Table("lines", "probability", "margin", "fitted: shown", "right", "other code: shown", "right")
    for kind, threshold in fitted.line.items():
        sides = [fitted.fitted[side]["lines"][kind] for side in ("fitted to", "on other code")]
        cells = [
            cell
            for side in sides
            for cell in (f"{side['shown']} of {side['lines']}", f"{side['right of shown %']:.0f} %")
        ]
        margin = "any" if threshold.least_margin is None else f"{threshold.least_margin:.2f}"
        table.add_row(kind, f"{threshold.least_probability:.3f}", margin, *cells)
    console_for(stderr=False).print(table)
    for side in ("fitted to", "on other code"):
        calls = fitted.fitted[side]["calls"]
        click.echo(
            f"calls, {side}: {calls['questions answered %']} % of {calls['questions']} questions, "
            f"{calls['comments answered %']} % of {calls['comments']} comments"
        )
    call = fitted.call
    share = f" and a share of {call.least_share}" if call.least_share else ""
    click.echo(f"calls from a score of {call.least_score}{share}")
    click.echo("\n".join(f"Written to {place}" for place in places))
