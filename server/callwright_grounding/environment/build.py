"""Builds the index: one distribution after another, imported ones first, each file whole or not at all.

Run as a program it does the same in a process of its own and prints one JSON object a line, for the server:

    python -m callwright_grounding.environment.build --python PYTHON [--first torch,numpy] [--only
    torch,numpy]
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from callwright_grounding.environment.distributions import Distribution, distributions
from callwright_grounding.environment.exports import expand_stars
from callwright_grounding.environment.interpreter import Interpreter, describe_interpreter
from callwright_grounding.environment.layout import Layout
from callwright_grounding.environment.modules import read_module
from callwright_grounding.environment.store import cache_folder, open_index, write_index
from callwright_grounding.environment.summary import ModuleSummary


@dataclass(frozen=True)
class Progress:
    """How far building has come."""

    distribution: str
    done: int
    """Modules of this distribution that are read."""
    total: int
    remaining: int
    """Distributions that come after this one."""


def never() -> bool:
    """A ``stop`` that never stops."""
    return False


def missing(
    interpreter: Interpreter, *, only: Sequence[str] | None = None, first: Sequence[str] = ()
) -> list[Distribution]:
    """Distributions without a usable index, those with modules in ``first`` before the others.

    Args:
        interpreter: The user's interpreter.
        only: Top-level modules to care for; all where ``None``. The standard library is always among them.
        first: Top-level modules that are wanted soonest.
    """
    folder = cache_folder()
    chosen = [
        entry
        for entry in distributions(interpreter)
        if only is None or not entry.information or any(top in only for top in entry.top_level)
    ]
    todo = [entry for entry in chosen if open_index(folder / entry.key) is None]
    return sorted(todo, key=lambda entry: bool(entry.information) and not set(entry.top_level) & set(first))


def build(
    interpreter: Interpreter,
    todo: Sequence[Distribution],
    *,
    report: Callable[[Progress], None] = lambda progress: None,
    stop: Callable[[], bool] = never,
) -> int:
    """Index the distributions; returns how many were finished before ``stop`` said so."""
    for number, distribution in enumerate(todo):
        if not build_one(interpreter, distribution, len(todo) - number - 1, report, stop):
            return number
    return len(todo)


def build_one(
    interpreter: Interpreter,
    distribution: Distribution,
    remaining: int,
    report: Callable[[Progress], None],
    stop: Callable[[], bool],
) -> bool:
    """Index one distribution; ``False`` where it was stopped."""
    gc.disable()  # syntax trees have no cycles, and there are many of them
    layout = Layout([Path(distribution.site)], version=interpreter.version)
    names = module_names(distribution)
    summaries: dict[str, ModuleSummary] = {}
    for number, name in enumerate(names):
        if stop():
            return False
        location = layout.find(name)
        if location is not None:
            summaries[name] = read_module(name, location, interpreter.version)
        if number % 25 == 0:
            report(Progress(distribution.name, number, len(names), remaining))
    gc.enable()
    expand_stars(summaries)
    details = {"distribution": distribution.name, "version": distribution.version}
    written = write_index(cache_folder() / distribution.key, summaries.items(), details, stop)
    report(Progress(distribution.name, len(names), len(names), remaining))
    return written


def module_names(distribution: Distribution) -> list[str]:
    """Dotted names of the modules that a distribution brings."""
    names: dict[str, None] = {}
    for file, _ in distribution.files():
        parts = file.rsplit(".", 1)[0].split("/")
        parts[0] = parts[0].removesuffix("-stubs")
        if parts[-1] == "__init__":
            parts.pop()
        if parts and all(part.isidentifier() for part in parts):
            names[".".join(parts)] = None
    return list(names)


def build_in_background(
    python: Path, *, only: Sequence[str] | None = None, first: Sequence[str] = ()
) -> subprocess.Popen[str]:
    """Start building in a process of its own; its stdout has one JSON object of :class:`Progress` a line."""
    command = [sys.executable, "-m", "callwright_grounding.environment.build", "--python", str(python)]
    if only is not None:
        command += ["--only", ",".join(only)]
    if first:
        command += ["--first", ",".join(first)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)


def read_progress(process: subprocess.Popen[str]) -> Iterator[Progress]:
    """What a background build reports, until it ends."""
    for line in process.stdout or ():
        yield Progress(**json.loads(line))


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the background process."""
    parser = argparse.ArgumentParser(description="Index what is installed for an interpreter.")
    parser.add_argument("--python", type=Path, required=True)
    parser.add_argument("--only", default=None)
    parser.add_argument("--first", default="")
    options = parser.parse_args(arguments)
    interpreter = describe_interpreter(options.python)
    only = options.only.split(",") if options.only is not None else None
    todo = missing(interpreter, only=only, first=options.first.split(","))
    build(interpreter, todo, report=lambda progress: print(json.dumps(progress.__dict__), flush=True))  # noqa: T201


if __name__ == "__main__":
    main()
