"""``callwright index``: build the environment index ahead of time, and say what is in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from callwright_grounding.environment import Distribution, Interpreter


@click.command()
@click.option(
    "--python", metavar="INTERPRETER", help="Interpreter or environment folder; found if not given."
)
@click.option(
    "--only",
    metavar="MODULE",
    multiple=True,
    help="Index only what brings this top-level module; repeatable.",
)
@click.option(
    "--run",
    metavar="MODULE",
    multiple=True,
    help="Also import this module, in a process of its own, to see which names it has; repeatable.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=60.0,
    show_default=True,
    help="Seconds for what --run names.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def index(
    python: str | None, only: tuple[str, ...], run: tuple[str, ...], timeout: float, as_json: bool
) -> None:
    """Index what is installed for an interpreter.

    The editor does this by itself in the background; here it is for continuous integration, and to look
    at. Nothing of what is installed is run, but what --run names: importing shows the names of compiled
    modules, and of such as compute theirs. A stopped run goes on where it stopped.

    \b
    Examples:
      callwright index
      callwright index --python .venv --only torch --only numpy
      callwright index --run torch --timeout 30
      callwright index --json
    """  # noqa: D301
    from pathlib import Path

    from callwright_grounding.environment import describe_interpreter, distributions, find_interpreter
    from callwright_grounding.environment.build import missing
    from callwright_grounding.environment.store import cache_folder, open_index

    interpreter = describe_interpreter(find_interpreter(python, near=Path.cwd()))
    todo = missing(interpreter, only=only or None)
    build_with_progress(interpreter, todo)
    if run:
        _observe(interpreter, run, timeout)
    rows = []
    for entry in distributions(interpreter):
        found = open_index(cache_folder() / entry.key)
        if found is not None:
            rows.append({"name": entry.name, "version": entry.version, "modules": len(found.modules) - 3})
    if as_json:
        details = {
            "interpreter": str(interpreter.executable),
            "folder": str(cache_folder()),
            "distributions": rows,
        }
        click.echo(json.dumps(details, indent=2))
        return
    modules = sum(int(str(row["modules"])) for row in rows)
    click.echo(
        f"{interpreter.executable}: {modules} modules of {len(rows)} distributions, {len(todo)} of them new."
    )


def _observe(interpreter: Interpreter, modules: Sequence[str], timeout: float) -> None:
    """Import modules and keep what they have."""
    from rich.console import Console

    from callwright_grounding.environment.observed import keep, observe

    with Console(stderr=True).status(f"Importing {', '.join(modules)}"):
        observed = observe(interpreter, modules, timeout)
    keep(interpreter, observed)
    seen = {name.partition(".")[0] for name in observed}
    for module in modules:
        count = sum(name.partition(".")[0] == module for name in observed)
        what = f"{count} modules seen" if module in seen else "could not be imported in time"
        click.echo(f"{module}: {what}", err=True)


def build_with_progress(interpreter: Interpreter, todo: Sequence[Distribution]) -> None:
    """Build index files, showing how far it is on stderr."""
    if not todo:
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    from callwright_grounding.environment.build import Progress, build

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Indexing")

        def show(progress: Progress) -> None:
            rest = f", then {progress.remaining} more" if progress.remaining else ""
            bar.update(
                task,
                description=f"Indexing {progress.distribution}{rest}",
                completed=progress.done,
                total=progress.total,
            )

        build(interpreter, todo, report=show)
