"""Measures grounding: ``make bench-grounding``.

Split by distribution: rules were made while looking at torch, transformers, numpy, pandas and requests, and
at APIBench's Hugging Face scripts; receivers, names, ranking and inventions are reported on other
distributions' source, and on the other hubs' scripts. Existence is judged by importing libraries in a child
process, never by our own index.

A stopped run goes on where it was: sections that today's file has are not measured again, and those that ask
the model note what they saw place by place beside the file.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click
from checks import measure_check
from existence import HELD_OUT_MODULES, JUDGED_CLASSES, JUDGED_MODULES, measure_existence
from invented import measure_inventions, sites
from live import LiveJudge
from notes import Notes
from ranking import measure_ranking
from reads import measure_reads, together
from sources import in_turns, library_sources, script_sources
from speed import measure_index, measure_load, measure_masks

from callwright_grounding.environment import Environment, describe_interpreter, find_interpreter
from callwright_grounding.errors import UserError
from callwright_grounding.resolution.resolver import Resolver
from callwright_server.bundle import find_bundle
from callwright_server.engine.engine import Engine
from callwright_server.engine.settings import EngineSettings

RESULTS = Path(__file__).parent.parent / "results"
SEEDED = Path(__file__).with_name("invented_calls.txt")
REPORTED_ON = ("accelerate", "huggingface_hub", "datasets", "peft", "trl")
UNSEEN = (
    "_pytest", "anyio", "attr", "cattrs", "dill", "fsspec", "hypothesis", "jinja2", "joblib", "markdown_it",
    "mypy", "narwhals", "networkx", "nltk", "onnx", "PIL", "pygments", "rich", "sentence_transformers",
    "sympy", "tensorboard", "typer", "urllib3", "werkzeug",
)  # fmt: skip
"""For ranking: no rule was made and no weight picked on these, which were chosen before a look at any."""
DATA = Path(__file__).parents[3] / "shared" / "data"

Report = dict[str, object]


class Bench:
    """What is measured with: an interpreter's libraries and, where a section needs one, a bundle's model.

    Args:
        python: The interpreter.
        bundle: The bundle's name or folder.
        quick: Divides how much is measured.
        target: The file of results; what is seen on the way to one is noted beside it.
    """

    def __init__(self, python: str, bundle: str, quick: int, target: Path) -> None:
        self.python = find_interpreter(python)
        self.environment = Environment(describe_interpreter(self.python))
        self.bundle, self.quick, self.target = bundle, quick, target
        self.data = Path(os.environ.get("CALLWRIGHT_DATA", DATA))

    @property
    def resolver(self) -> Resolver:
        """A resolver that knows nothing yet."""
        return Resolver(self.environment)

    @property
    def engine(self) -> Engine:
        """The model, on one thread."""
        return Engine(find_bundle(self.bundle), EngineSettings(threads=1))

    @contextmanager
    def notes(self, section: str) -> Iterator[Notes]:
        """What a stopped run of a section has seen; forgotten once the section is through."""
        notes = Notes(self.target.with_suffix(f".{section}.jsonl"))
        yield notes
        notes.done()

    def sources(self) -> Iterator[tuple[Path, str]]:
        """Files of the distributions that are reported on."""
        assert self.environment.interpreter is not None
        return library_sources(self.environment.interpreter.roots, REPORTED_ON)

    def index(self) -> Report:
        """What indexing and opening the index cost."""
        return measure_index(self.python) | measure_load(self.python)

    def reads(self) -> Report:
        """Receivers that are known."""
        library = measure_reads(self.resolver, self.sources(), 20_000 // self.quick)
        report = {"library source": library}
        for hub in ("huggingface", "torchhub", "tensorflowhub"):
            scripts = script_sources(self.data, hub)
            report[f"scripts, {hub}"] = measure_reads(self.resolver, scripts, 20_000)
        torch = [report["scripts, huggingface"], report["scripts, torchhub"]]
        return {**report, "scripts, huggingface and torchhub": together(*torch)}

    def names(self) -> Report:
        """Offered names that do not exist."""
        seen, count = (*JUDGED_MODULES, *JUDGED_CLASSES), 1_000 // self.quick
        return {
            "libraries that rules were made on": measure_existence(self.resolver, self.python, count, seen),
            "other libraries": measure_existence(self.resolver, self.python, count, HELD_OUT_MODULES),
        }

    def check(self) -> Report:
        """False errors, and lines a second."""
        libraries = ("transformers", "torch", "numpy", "pandas", *REPORTED_ON[:2])
        return measure_check(self.environment, libraries, 60_000 // self.quick)

    def masks(self) -> Report:
        """What holding the model costs."""
        return measure_masks(self.resolver, self.engine, self.sources(), 120 // self.quick)

    def ranking(self) -> Report:
        """Members in the model's order."""
        return self._ranking("ranking", self.sources())

    def unseen(self) -> Report:
        """The same in distributions that nobody looked at, one file of each in turn."""
        assert self.environment.interpreter is not None
        return self._ranking("unseen", in_turns(self.environment.interpreter.roots, UNSEEN))

    def _ranking(self, section: str, sources: Iterator[tuple[Path, str]]) -> Report:
        with self.notes(section) as notes:
            return measure_ranking(self.environment, self.engine, sources, 200 // self.quick, notes)

    def invented(self) -> Report:
        """What the model invents, and what the check finds of it."""

        def library(module: str) -> bool:
            return self.environment.exists(module) and not self.environment.is_standard(module)

        with LiveJudge(self.python) as judge, self.notes("invented") as notes:
            return measure_inventions(
                self.environment,
                self.engine,
                sites(self.sources(), library),
                judge,
                notes,
                places=400 // self.quick,
                seeded=SEEDED,
            )


SECTIONS = ("index", "reads", "names", "check", "masks", "invented", "ranking", "unseen")


@click.command()
@click.option(
    "--sections",
    metavar="NAMES",
    help=f"Measure only these, by commas, also where the file has them: {', '.join(SECTIONS)}.",
)
@click.option("--python", default=sys.executable, help="Interpreter whose libraries count.")
@click.option("--bundle", default="smollm2-int8", show_default=True, help="Bundle of the untouched model.")
@click.option("--quick", default=1, show_default=True, help="Measure only one part in so many.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="JSON file; results/grounding-<today>.json if not given."
)
def bench(sections: str | None, python: str, bundle: str, quick: int, out: Path | None) -> None:
    """Measure what is known, what exists, what is found, and what it costs.

    A stopped run goes on where it was.
    """
    RESULTS.mkdir(exist_ok=True)
    target = out or RESULTS / f"grounding-{datetime.now():%Y-%m-%d}.json"
    report = _begun(target, {"python": _shown(python), "bundle": bundle, "quick": quick})
    measuring = Bench(python, bundle, quick, target)
    for section in _named(sections) or SECTIONS:
        if section in report and not sections:
            click.echo(f"{section}: measured already, in {target.name}", err=True)
        else:
            click.echo(f"{section} ...", err=True)
            report[section] = _measured(getattr(measuring, section))
            target.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        click.echo(json.dumps({section: report[section]}, indent=2))
    click.echo(f"Written to {target}", err=True)


def _shown(python: str) -> str:
    """An interpreter as seen from this repository, where it lies inside."""
    root = Path(__file__).parents[2]
    return str(Path(python).relative_to(root)) if Path(python).is_relative_to(root) else python


def _begun(target: Path, what: Report) -> dict[str, Report]:
    """What a file says already of the same environment and model."""
    known: dict[str, Report] = json.loads(target.read_text(encoding="utf-8")) if target.is_file() else {}
    return known if known.get("of") == what else {"of": what}


def _named(sections: str | None) -> list[str]:
    names = sections.split(",") if sections else []
    if unknown := [name for name in names if name not in SECTIONS]:
        raise click.BadParameter(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    return names


def _measured(measure: Callable[[], Report]) -> Report:
    try:
        return measure()
    except UserError as error:  # a section that needs a bundle, and there is none
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    bench()
