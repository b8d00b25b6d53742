"""``make bench``: the engine and the server at the cursor, beside what else is measured in the same run.

Absolute times of a machine mean little, so every row is set against something measured in the same minutes:
other engines on the same weights with as many threads, the time in which the memory can deliver one token's
weights, and a server that asks at every key and forgets. Accuracy is not measured here but under
``quantization``.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import onnxruntime
import report
from models import MODELS, Model
from race import race
from typist import sessions

RESULTS = Path(__file__).parent.parent / "results"
SECTIONS = ("decode", "calls", "trace", "work", "start", "same", "quantization")
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
@click.option(
    "--out", type=click.Path(path_type=Path), help="JSON file; a dated one in results/ if not given."
)
def bench(
    sections: str,
    models: str,
    engines: str,
    bundle: str,
    names: str,
    threads: int,
    rounds: int,
    prepare: bool,
    out: Path | None,
) -> None:
    """Measure decoding beside other engines, and the language server over a typing trace.

    \b
    Examples:
      make bench
      python benchmarks/bench --sections decode --models smollm2-135m --rounds 3
      python benchmarks/bench --sections trace --sessions photos,search
    """  # noqa: D301
    wanted = sections.split(",")
    found: Row = {"machine": _machine(threads)}
    typed = names.split(",") if names else [one.name for one in sessions()]
    if "decode" in wanted:
        found["decode"] = [
            _decode(model, engines.split(","), threads, rounds, prepare) for model in models.split(",")
        ]
    if not prepare:
        _others(found, wanted, bundle, typed, threads)
        _write(found, out or RESULTS / f"{datetime.now():%Y-%m-%d-%H%M}.json")


def _decode(model: str, engines: list[str], threads: int, rounds: int, prepare: bool) -> Row:
    """One race between all engines that can run a model; why the others cannot is in the row too."""
    entrants, missing = [], []
    for engine in engines:
        try:
            entrants.append(Model(model).entrant(engine))
        except Exception as error:  # another project's engine; ours would be missed in the table
            missing.append(f"{engine}: {str(error).strip().splitlines()[0]}")
            click.echo(f"{model}: {missing[-1]}", err=True)
    if prepare:
        return {}
    found = race(entrants, threads=threads, rounds=rounds, tokens=24)
    row = {"model": model, "missing": missing + found.failed} | report.race_rows(found)
    report.print_race(row)
    return row


def _others(found: Row, wanted: list[str], bundle: str, names: list[str], threads: int) -> None:
    import calls
    import quality
    import typed

    if "calls" in wanted:
        found["calls"] = calls.measured(bundle, typed.settings_of(bundle, {}), threads)
        report.print_list("time to a whole API call", found["calls"])
    if "trace" in wanted:
        rows = typed.replayed(bundle, names, {})
        found["trace"] = {"summary": typed.summary(rows), "sessions": rows}
        report.print_list("over the typing trace", found["trace"]["summary"])
    if "work" in wanted:
        found["work"] = typed.work_without_manners(bundle, names[0], {})
        click.echo(f"processor time against no debounce and no cache: {found['work']['cpu_share']:.0%}")
    if "start" in wanted:
        found["start"] = typed.first_suggestion(bundle, {})
        click.echo(f"server start to first suggestion: {found['start']} s")
    if "same" in wanted:
        found["same"] = typed.same_answers(bundle, names)
        counts = {name: value for name, value in found["same"].items() if isinstance(value, int)}
        report.print_list("the same with and without caches", counts)
    if "quantization" in wanted:
        found["quantization"] = quality.compared()
        report.print_quantizations(found["quantization"])


def _write(found: Row, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    click.echo(f"written to {path}")


def _machine(threads: int) -> Row:
    return {
        "processor": _processor(),
        "threads": threads,
        "load": [round(value, 1) for value in os.getloadavg()],
        "python": platform.python_version(),
        "onnxruntime": onnxruntime.__version__,
        "date": f"{datetime.now():%Y-%m-%d %H:%M}",
    }


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


if __name__ == "__main__":
    sys.exit(bench())
