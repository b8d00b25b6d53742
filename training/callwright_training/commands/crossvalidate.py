"""``rlaif-train crossvalidate``: how well is chosen what was never learned from?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from callwright_training.choice.settings import Choice
from callwright_training.options import settings_options
from callwright_training.sft.settings import SFT

if TYPE_CHECKING:
    from callwright_grounding.catalogue import Catalogue
    from callwright_plugins.judge import Judge
    from callwright_plugins.questions import QuestionSet
    from callwright_training.choice.crossvalidation import Feedback

_FILE = click.Path(dir_okay=False, path_type=Path)
_QUICK = {"retriever_epochs": 1, "epochs": 1, "base": "tiny", "encoder": "tiny"}


@click.command()
@click.option(
    "--records",
    multiple=True,
    type=_FILE,
    help="Questions about the catalogue's APIs; huggingface_*.json under $CALLWRIGHT_DATA if not given.",
)
@click.option("--further", multiple=True, type=_FILE, help="Records about other APIs, for practice.")
@click.option("--catalogue", type=_FILE, help="The APIs to choose among; Gorilla's if not given.")
@click.option("--responses", type=_FILE, help="Another system's responses to the same questions.")
@click.option(
    "--splits",
    type=click.IntRange(0),
    default=5,
    show_default=True,
    help="Folds; 0 holds out the share that --held-out names, once.",
)
@click.option(
    "--calibration",
    type=click.IntRange(0),
    default=80,
    show_default=True,
    help="Training records kept for fitting the weights.",
)
@click.option(
    "--feedback",
    metavar="RUN_FILE",
    help="Teach every fold's choice, too, by the judge and the [ppo] of a run file with form = 'choice'.",
)
@click.option("--retriever-only", is_flag=True, help="Leave the language model alone.")
@click.option("--quick", is_flag=True, help="Tiny models and one epoch, to see that it runs.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("out/crossvalidation"),
    show_default=True,
    help="Folder for folds, predictions and figures; a run that was stopped goes on from it.",
)
@settings_options(Choice)
@settings_options(SFT)
def crossvalidate(
    records: Sequence[Path],
    further: Sequence[Path],
    catalogue: Path | None,
    responses: Path | None,
    splits: int,
    calibration: int,
    feedback: str | None,
    retriever_only: bool,
    quick: bool,
    as_json: bool,
    out: Path,
    **values: Any,
) -> None:
    """Tune on all folds but one and choose on that one, in turn.

    Prints exact-call and id accuracy, Gorilla's two figures and the rate of invented ids over all folds,
    beside the responses to the same questions. No fold learns from its own records.

    \b
    Examples:
      rlaif-train crossvalidate --responses gorilla-7b.FT_0_shot.jsonl --epochs 1 --lora-first-layer 15
      rlaif-train crossvalidate --retriever-only
      rlaif-train crossvalidate --retriever-only --retriever-runs 2 --feedback smollm2-135m.toml
      rlaif-train crossvalidate --splits 0 --held-out 0.1
    """  # noqa: D301
    import json

    from callwright_training.choice import crossvalidation_report as report
    from callwright_training.choice.crossvalidation import Plan, cross_validate, mean_weights
    from callwright_training.choice.inputs import read_inputs
    from callwright_training.choice.tuning import Task
    from callwright_training.evaluation.table import console_for
    from callwright_training.metrics import Known
    from callwright_training.run.reading import checked
    from callwright_training.sft.train import Stopped

    values |= _QUICK if quick else {}
    asked = {name: values.pop(name) for name in Choice.model_fields}
    inputs = read_inputs(records, further, catalogue)
    sft = checked(SFT, values, "options")
    task = Task(
        records=inputs.records,
        further=inputs.further,
        entries=inputs.entries,
        sft=sft,
        choice=checked(Choice, asked, "options"),
        out=out,
    )
    plan = Plan(
        task=task,
        folds=splits,
        held_out=sft.held_out,
        calibration=calibration,
        retriever_only=retriever_only,
        feedback=_feedback(feedback, out) if feedback else None,
    )
    try:
        predictions = cross_validate(plan, lambda text: click.echo(text, err=True))
    except Stopped as stopped:
        click.echo(f"{out}: {stopped}", err=True)
        raise click.Abort from stopped
    known = Known.load(inputs.catalogue)
    columns = report.columns_of(predictions, inputs.records, known, responses, out)
    figures = report.as_json(columns, report.shortlist_recall(predictions, inputs.records))
    report.save_figures(figures, out / "figures.json")
    if (weights := mean_weights(out)) is not None:
        weights.save(out)
    if as_json:
        click.echo(json.dumps(figures, indent=2))
        return
    console_for(stderr=False).print(report.table_of(columns))
    found = ", ".join(f"{name} {value:.1f}" for name, value in figures["recall"].items())
    click.echo(f"The right call is listed: {found}. Figures: {out / 'figures.json'}")


def _feedback(run_file: str, out: Path) -> Feedback:
    """The judge and the settings of a run file."""
    from callwright_training.choice.crossvalidation import Feedback
    from callwright_training.errors import RunFileError
    from callwright_training.feedback.judged import open_judge
    from callwright_training.run.pipeline import open_run
    from callwright_training.run.run_file import find_run_file

    run = open_run(find_run_file(run_file), out)
    settings, ppo = run.file.feedback, run.file.ppo
    if settings.form != "choice" or ppo.reward != "judge":
        raise RunFileError(f"{run_file}: --feedback needs form = 'choice' and reward = 'judge'")
    questions = run.plugins.question_set(settings.questions)

    def judge(catalogue: Catalogue, folder: Path) -> tuple[Judge, QuestionSet]:
        return open_judge(settings, run.plugins, catalogue, folder), questions

    asked = {"ppo": ppo.model_dump(), "judge": settings.judge, "options": settings.options}
    return Feedback(judge=judge, ppo=ppo, asked=asked | {"questions": questions.model_dump(mode="json")})
