"""``make bench``: the engine and the server at the cursor, beside what else is measured in the same run.

Absolute times of a machine mean little, so every row is set against something measured in the same minutes:
other engines on the same weights with as many threads, the time in which the memory can deliver one token's
weights, and a server that asks at every key and forgets. Accuracy is not measured here but under
``quantization``.
"""

from __future__ import annotations

import sys
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
import report
from models import MODELS, Model
from race import Entrant, race
from results import Results
from typist import sessions

FOLDER = Path(__file__).parent.parent / "results"
SECTIONS = ("decode", "calls", "trace", "grounded", "work", "start", "same", "quantization")
ENGINES = "torch,ours-int8,ours-int4,ours-fp32,llama.cpp-q8_0,llama.cpp-q4_0,genai-int8,genai-int4,optimum"

Row = dict[str, Any]


@click.command()
@click.option("--sections", default=",".join(SECTIONS), show_default=True, help="What to measure, by commas.")
@click.option("--models", default=",".join(MODELS), show_default=True, help="Models of `decode`.")
@click.option("--engines", default=ENGINES, show_default=True, help="Engines of `decode`.")
@click.option("--bundle", default="", help="Bundle of the other sections; the default one if not given.")
@click.option("--sessions", "names", default="", help="Sessions of the typing trace; all if not given.")
@click.option("--threads", default=2, show_default=True, help="Threads of every engine.")
@click.option("--rounds", default=5, show_default=True, help="How often each engine has its turn.")
@click.option("--prepare", is_flag=True, help="Only make the files and environments that are needed.")
@click.option("--again", is_flag=True, help="Measure also what the file has.")
@click.option("--out", type=click.Path(path_type=Path), help="JSON file; today's in results/ if not given.")
def bench(
    sections: str,
    models: str,
    engines: str,
    bundle: str,
    names: str,
    threads: int,
    rounds: int,
    prepare: bool,
    again: bool,
    out: Path | None,
) -> None:
    """Measure decoding beside other engines, and the language server over a typing trace.

    What today's file has is not measured again: a stopped run goes on where it was, and what takes long can
    be done in pieces.

    \b
    Examples:
      make bench
      python benchmarks/bench --sections decode --models smollm2-135m --rounds 3
      python benchmarks/bench --sections trace --sessions photos,search
    """  # noqa: D301
    wanted = sections.split(",")
    typed = names.split(",") if names else [one.name for one in sessions()]
    if prepare:
        for model in models.split(",") if "decode" in wanted else ():
            _entrants(model, engines.split(","))
        return
    path = out or FOLDER / f"{datetime.now():%Y-%m-%d}.json"
    results = Results(path, threads, again=again)
    for model in models.split(",") if "decode" in wanted else ():
        row = results.of("decode", model, partial(_raced, model, engines.split(","), threads, rounds))
        report.print_race(row)
    for section in SECTIONS[1:]:
        if section in wanted:
            _SECTIONS[section](results, bundle, typed, threads)
    click.echo(f"written to {path}")


def _entrants(model: str, engines: list[str]) -> tuple[list[Entrant], list[str]]:
    """All engines that can run a model, and why the others cannot."""
    entrants, missing = [], []
    for engine in engines:
        try:
            entrants.append(Model(model).entrant(engine))
        except Exception as error:  # another project's engine; ours would be missed in the table
            missing.append(f"{engine}: {str(error).strip().splitlines()[0]}")
            click.echo(f"{model}: {missing[-1]}", err=True)
    return entrants, missing


def _raced(model: str, engines: list[str], threads: int, rounds: int) -> Row:
    entrants, missing = _entrants(model, engines)
    found = race(entrants, threads=threads, rounds=rounds, tokens=24)
    return {"model": model, "missing": missing + found.failed} | report.race_rows(found)


def _calls(results: Results, bundle: str, names: list[str], threads: int) -> None:
    import calls
    import typed

    def measured() -> Row:
        return calls.measured(bundle, typed.settings_of(bundle, {}), threads)

    report.print_list("time to a whole API call", results.of("calls", "all", measured))


def _trace(results: Results, bundle: str, names: list[str], threads: int) -> None:
    _replayed(results, "trace", bundle, names, {})


def _grounded(results: Results, bundle: str, names: list[str], threads: int) -> None:
    _replayed(results, "grounded", bundle, names, {"grounding": {"enabled": True}})


def _replayed(results: Results, section: str, bundle: str, names: list[str], settings: Row) -> None:
    import typed

    rows = [results.of(section, name, partial(typed.replayed, bundle, name, settings)) for name in names]
    title = "over the typing trace" + (", grounding switched on" if settings else "")
    report.print_list(title, typed.summary(rows))


def _work(results: Results, bundle: str, names: list[str], threads: int) -> None:
    import typed

    row = results.of("work", names[0], lambda: typed.work_without_manners(bundle, names[0], {}))
    click.echo(f"processor time against no debounce and no cache: {row['cpu_share']:.0%}")


def _start(results: Results, bundle: str, names: list[str], threads: int) -> None:
    import typed

    row = results.of("start", "all", lambda: {"seconds": typed.first_suggestion(bundle, {})})
    click.echo(f"server start to first suggestion: {row['seconds']} s")


def _same(results: Results, bundle: str, names: list[str], threads: int) -> None:
    import same

    for name in names:
        row = results.of("same", name, partial(same.same_answers, bundle, [name]))
        report.print_list(f"the same with and without caches: {name}", row)


def _quantization(results: Results, bundle: str, names: list[str], threads: int) -> None:
    import quality

    row = results.of("quantization", "all", lambda: {"rows": quality.compared()})
    report.print_quantizations(row["rows"])


_SECTIONS = {
    "calls": _calls,
    "trace": _trace,
    "grounded": _grounded,
    "work": _work,
    "start": _start,
    "same": _same,
    "quantization": _quantization,
}


if __name__ == "__main__":
    sys.exit(bench())
