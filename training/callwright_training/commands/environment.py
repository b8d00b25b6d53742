"""``rlaif-train environment``: prepare and try out what generated code runs in."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from callwright_grounding.catalogue import CatalogueEntry
    from callwright_training.execution.canaries import Report
    from callwright_training.execution.verdict import Verdict

_VERSIONS = click.option(
    "--versions",
    type=click.Choice(["2024", "current"]),
    default="2024",
    show_default=True,
    help="Library versions of APIBench's time, or those installed here.",
)
_SANDBOX = click.option(
    "--sandbox",
    type=click.Choice(["namespaces", "rlimits"]),
    default="namespaces",
    show_default=True,
    help="rlimits is weaker: the network and the files of this machine stay in sight.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def environment() -> None:
    """Prepare what generated code runs in.

    \b
    Examples:
      rlaif-train environment prepare                    once; some minutes and 3 GB
      rlaif-train environment check                      do known scripts get the known verdicts?
      rlaif-train environment try script.py --mode strict
      rlaif-train environment time --records FILE        what does a script cost here?
    """  # noqa: D301


@environment.command()
@_VERSIONS
@click.option(
    "--catalogue",
    "catalogues",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Whose repositories the hub serves; Gorilla's under $CALLWRIGHT_DATA, else the default bundle's.",
)
def prepare(versions: str, catalogues: tuple[Path, ...]) -> None:
    """Install the libraries and build the hub; what is done already is kept.

    \b
    Examples:
      rlaif-train environment prepare
      rlaif-train environment prepare --versions current --catalogue catalogue.jsonl
    """  # noqa: D301
    from callwright_training.execution.preparation import prepare as prepare_environment
    from callwright_training.progress import steps

    entries = _entries(catalogues)
    with steps(f"environment {versions}") as step:
        made = prepare_environment("current" if versions == "current" else "2024", entries, step)
    click.echo(f"{made.surroundings.python}: ready; the hub serves {len(made.repositories)} repositories")


@environment.command()
@_VERSIONS
@_SANDBOX
@_JSON
def check(versions: str, sandbox: str, as_json: bool) -> None:
    """Run the canaries: scripts whose verdicts are known, good ones and bad ones.

    Exit code 1 where a verdict is not the known one.
    """
    from callwright_training.execution.canaries import check as check_canaries
    from callwright_training.execution.environment import Environment

    report = check_canaries(Environment.find(versions), "rlimits" if sandbox == "rlimits" else "namespaces")
    click.echo(json.dumps(asdict(report)) if as_json else _describe(report))
    if report.wrong:
        raise click.exceptions.Exit(1)


@environment.command("try")
@click.argument("script", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--mode",
    type=click.Choice(["strict", "lenient"]),
    default="lenient",
    show_default=True,
    help="strict: as it is; lenient: missing inputs are laid out, and each is logged.",
)
@_VERSIONS
@_SANDBOX
@_JSON
def try_script(script: Path, mode: str, versions: str, sandbox: str, as_json: bool) -> None:
    """Run one script in the sandbox and say how it ended.

    \b
    Examples:
      rlaif-train environment try script.py
      rlaif-train environment try script.py --mode strict --json
    """  # noqa: D301
    from callwright_training.execution.environment import Environment
    from callwright_training.execution.runner import Runner
    from callwright_training.execution.verdict import Script

    with Runner(
        Environment.find(versions),
        "strict" if mode == "strict" else "lenient",
        sandbox="rlimits" if sandbox == "rlimits" else "namespaces",
        workers=1,
    ) as runner:
        [verdict] = runner.run([Script(script.name, script.read_text(encoding="utf-8"))])
    click.echo(json.dumps(asdict(verdict)) if as_json else _tell(verdict))


@environment.command("time")
@click.option(
    "--records",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Whose reference scripts are run.",
)
@click.option("--scripts", type=click.IntRange(1), default=200, show_default=True, help="At most so many.")
@click.option(
    "--fresh", type=click.IntRange(0), default=20, show_default=True, help="Also run so many fresh."
)
@click.option("--workers", type=click.IntRange(1), help="Sandboxes at the same time; else all processors.")
@_VERSIONS
@_JSON
def time_command(
    records: Path, scripts: int, fresh: int, workers: int | None, versions: str, as_json: bool
) -> None:
    """Time warm scripts, and some of them in a fresh interpreter.

    \b
    Examples:
      rlaif-train environment time --records huggingface_eval.json
    """  # noqa: D301
    from callwright_training.execution.environment import Environment
    from callwright_training.execution.timing import time_scripts
    from callwright_training.progress import steps
    from callwright_training.records import read_records
    from callwright_training.records.split import shuffled

    codes = list(
        dict.fromkeys(record.code for record in shuffled(read_records(records).records, 0) if record.code)
    )
    with steps("timing") as step:
        found = time_scripts(
            Environment.find(versions), codes[:scripts], fresh=fresh, workers=workers, step=step
        )
    if as_json:
        click.echo(json.dumps(asdict(found)))
        return
    click.echo(
        f"{found.scripts} scripts by {found.workers} workers in {found.wall:.1f} s:"
        f" one every {found.each:.3f} s; from fork to verdict each takes {found.median:.3f} s (median),"
        f" {found.mean:.3f} s (mean), of which {found.processor:.3f} s of processor time (median)"
    )
    if found.fresh:
        click.echo(
            f"{found.fresh} of them one at a time: fresh {found.fresh_median:.2f} s, warm"
            f" {found.alone_median:.3f} s (medians), {found.ratio:.1f} times faster (median of ratios)"
        )


def _entries(catalogues: tuple[Path, ...]) -> list[CatalogueEntry]:
    from callwright_grounding.catalogue import Catalogue
    from callwright_server.bundle import CATALOGUE, bundles_folder
    from callwright_training.records import gorilla_folder, read_catalogue

    paths = list(catalogues)
    if not paths and (folder := gorilla_folder()):
        paths = [folder / "api" / "huggingface_api.jsonl"]
    if not paths:
        paths = [bundles_folder() / "default" / CATALOGUE]
    entries: list[CatalogueEntry] = []
    for path in paths:
        if path.is_file():
            entries += (
                Catalogue.load(path).entries if path.name == CATALOGUE else read_catalogue(path).entries
            )
    if not entries:
        click.echo(
            "no catalogue found: the hub serves the best-known repositories only; see --catalogue", err=True
        )
    return entries


def _describe(report: Report) -> str:
    lines = [f"{name}: expected {expected}, got {found}" for name, expected, found in report.wrong]
    return "\n".join([f"{report.right} of {report.total} canaries as they should be", *lines])


def _tell(verdict: Verdict) -> str:
    head = "ran to its end" if verdict.ok else f"{verdict.failure}: {verdict.error} {verdict.message}".strip()
    where = f" (line {verdict.line})" if verdict.line else ""
    helped = [f"  helped: {item}" for item in verdict.leniencies]
    loaded = [f"  loaded: {item}" for item in verdict.models]
    return "\n".join(
        [f"{head}{where}, {verdict.seconds:.2f} s", *helped, *loaded, verdict.output.rstrip()]
    ).rstrip()
