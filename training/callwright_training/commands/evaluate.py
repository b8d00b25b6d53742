"""``rlaif-train evaluate``: reads the options; the work is in ``callwright_training.evaluation``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.option(
    "--bundle", metavar="DIR", help="A bundle (name or folder), asked through the server's own engine."
)
@click.option(
    "--model", metavar="NAME_OR_DIR", help="A transformers model: a base's name, a folder or a hub id."
)
@click.option(
    "--endpoint", metavar="URL", help="An OpenAI-compatible endpoint, such as http://localhost:8000/v1."
)
@click.option(
    "--responses", type=_FILE, help="A JSONL of responses: Gorilla's form, or an earlier answers.jsonl."
)
@click.option(
    "--baseline", type=click.Choice(["bm25", "dense"]), help="The catalogue's nearest entry, no model."
)
@click.option("--records", type=_FILE, help="The questions and their references.")
@click.option(
    "--call-sites",
    type=click.Path(exists=True, path_type=Path),
    help="Instead: have a bundle complete the calls in this code.",
)
@click.option("--catalogue", type=_FILE, help="The APIs that exist. Default: the bundle's own.")
@click.option("--endpoint-model", metavar="NAME", help="The model's name at the endpoint.")
@click.option(
    "--endpoint-key",
    metavar="VARIABLE",
    default="OPENAI_API_KEY",
    show_default=True,
    help="Environment variable that holds the endpoint's key, if it needs one.",
)
@click.option(
    "--metrics",
    metavar="NAMES",
    help="Comma-separated: gorilla, calls, rouge, codebleu, parses; static, execution.",
)
@click.option(
    "--environment", default="2024", show_default=True, help="Library versions that scripts run with."
)
@click.option(
    "--sandbox",
    type=click.Choice(["namespaces", "rlimits"]),
    default="namespaces",
    show_default=True,
    help="How scripts are contained; rlimits is weaker, for machines that forbid namespaces.",
)
@click.option("--ray", metavar="ADDRESS", help="Run scripts on a Ray cluster: auto, or ray://host:10001.")
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path, allow_dash=True), help="Write the summary here."
)
@click.option(
    "--out", type=_FOLDER, help="Keep answers, per-record results and the summary here; resumes from it."
)
@click.option("--name", help="The system's name in tables. Default: from the file, folder or model.")
@click.option(
    "--form",
    type=click.Choice(["call", "script", "gorilla"]),
    default="call",
    show_default=True,
    help="One API call; a script, which a --bundle writes as call and lines below it; or Gorilla's sections.",
)
@click.option("--max-tokens", type=click.IntRange(1), help="Longest answer. Default: what fits the form.")
@click.option("--samples", type=click.IntRange(1), default=1, show_default=True, help="Answers per question.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of sampling.")
@click.option(
    "--held-out", type=click.FloatRange(0, 1), help="Only the share that training with this share left out."
)
@click.option(
    "--fold", metavar="I/K", help="Only the I-th of K folds that cross-validation leaves out, from 1."
)
@click.option("--split-seed", type=int, default=0, show_default=True, help="Seed of --held-out and --fold.")
@click.option("--limit", type=click.IntRange(1), help="Only so many questions, for a quick look.")
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Processes that score.")
def evaluate(**options: Any) -> None:
    """Score a bundle, a model or a file of responses.

    Give exactly one of --bundle, --model, --endpoint, --responses and --baseline. Figures are in percent;
    docs/evaluation.md says what each of them is. Scripts are run only for the metric `execution`.

    \b
    Examples:
      rlaif-train evaluate --responses gorilla-7b.FT_0_shot.jsonl \\
          --records huggingface_eval.json --catalogue huggingface_api.jsonl --out out/gorilla-7b
      rlaif-train evaluate --bundle default --records huggingface_eval.json --fold 1/5 --json default.json
    """  # noqa: D301
    from callwright_training.evaluation.request import Request
    from callwright_training.evaluation.run import evaluate_request

    evaluate_request(Request(**options))
