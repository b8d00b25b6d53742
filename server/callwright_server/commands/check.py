"""``callwright check``: find API calls that do not exist, in files and notebooks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from callwright_grounding.catalogue import Catalogue
    from callwright_grounding.checking import Checker
    from callwright_grounding.checking.files import FileFindings

_SHOW_PROGRESS_FROM = 40


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--python", metavar="INTERPRETER", help="Interpreter or environment folder; found if not given."
)
@click.option(
    "--catalogue", type=click.Path(path_type=Path), help="Catalogue file; the default bundle's if not given."
)
@click.option(
    "--closed-catalogue",
    is_flag=True,
    help="Ids outside the catalogue are errors.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="text for people, json for programs, sarif and github for CI.",
)
@click.option(
    "--severity", type=click.Choice(["error", "warning"]), default="warning", help="The least to show."
)
def check(
    paths: tuple[Path, ...],
    python: str | None,
    catalogue: Path | None,
    closed_catalogue: bool,
    form: str,
    severity: str,
) -> None:
    """Find API calls that do not exist.

    Looks at every import, attribute, call keyword, pipeline task and repository id, against what is
    installed for the interpreter. What is not known for certain is not reported. Nothing is run.

    \b
    An error: every name that exists is known, and this is none of them.
    A warning: likely so. Silence a line with `# callwright: ignore` or `# callwright: ignore[attribute]`.
    The exit code is 0 without errors, 1 with errors, 2 where the command was wrong.

    \b
    Examples:
      callwright check src/ notebooks/
      callwright check --python .venv --format github .
      callwright check --severity error --format json app.py
    """  # noqa: D301
    from callwright_grounding.checking.files import project_folders, python_files
    from callwright_grounding.checking.formats import FORMATS

    files = list(dict.fromkeys(python_files(paths)))
    checker = _checker(files, project_folders(paths), python, load_catalogue(catalogue), closed_catalogue)
    results = list(_checked(checker, files, severity))
    output = FORMATS[form](results)
    if output:
        click.echo(output)
    if any(finding.severity == "error" for result in results for finding in result.findings):
        raise click.exceptions.Exit(1)


def load_catalogue(path: Path | None) -> Catalogue | None:
    """The catalogue in a file, or the default bundle's; ``None`` where there is neither."""
    from callwright_grounding.catalogue import Catalogue

    if path is not None:
        return Catalogue.load(path)
    from callwright_server.bundle import find_bundle
    from callwright_server.errors import BundleError

    try:
        return find_bundle(None).catalogue
    except BundleError:
        return None


def _checker(
    files: Sequence[Path], project: list[Path], python: str | None, catalogue: Catalogue | None, closed: bool
) -> Checker:
    """A checker for these files, with the index of what they import built."""
    from callwright_grounding.checking import Checker, KnownIds
    from callwright_grounding.checking.files import imported_modules
    from callwright_grounding.environment import Environment, describe_interpreter, find_interpreter
    from callwright_server.commands.index import build_with_progress

    near = files[0].parent if files else Path.cwd()
    interpreter = describe_interpreter(find_interpreter(python, near=near))
    environment = Environment(interpreter, project)
    todo = environment.unindexed(imported_modules(files))
    if todo:
        build_with_progress(interpreter, todo)
        environment.refresh()
    return Checker(environment, KnownIds(catalogue, closed))


def _checked(checker: Checker, files: Sequence[Path], severity: str) -> Iterator[FileFindings]:
    from dataclasses import replace

    from rich.console import Console
    from rich.progress import track

    from callwright_grounding.checking.files import check_file

    console = Console(stderr=True)
    quiet = len(files) < _SHOW_PROGRESS_FROM or not console.is_terminal
    for path in track(files, "Checking", console=console, disable=quiet, transient=True):
        result = check_file(checker, path)
        shown = tuple(f for f in result.findings if severity == "warning" or f.severity == "error")
        yield replace(result, findings=shown)
