"""One evaluation from the options to the summary."""

from __future__ import annotations

import json
import platform
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from callwright_training.errors import RecordsError, StageError
from callwright_training.evaluation.items import Item
from callwright_training.evaluation.progress import progress
from callwright_training.evaluation.request import EXECUTION, STATIC, Request
from callwright_training.evaluation.responses import match, read_responses
from callwright_training.evaluation.results import Result, ResultFile
from callwright_training.evaluation.scoring import score
from callwright_training.evaluation.summary import Summary, summarise
from callwright_training.evaluation.table import console_for, table_of
from callwright_training.metrics import KEYS, METRICS, Known
from callwright_training.records import Record, folds, held_out, read_records

RESULTS = "results.jsonl"
SUMMARY = "summary.json"
ANSWERS = "answers.jsonl"
_NOT_RUN = {
    name: "no script was run; `--metrics …,execution` runs them in the sandbox"
    for name in KEYS
    if name.startswith("executability_")
} | {"static_ok": "the static tier needs a prepared environment: `--metrics …,static`"}


def evaluate_request(request: Request) -> Summary:
    """Evaluate, print the figures, write what was asked for.

    Raises:
        TrainingError: The options contradict each other, or a file cannot be used.
    """
    kind, value = request.source
    if request.call_sites is not None:
        return _evaluate_call_sites(request, request.call_sites, kind, value)
    names = request.metric_names
    records, skipped = chosen_records(request)
    known = Known.load(catalogue_file(request))
    if {STATIC, EXECUTION} & {*names}:
        _check_environment(request)
    if request.out is not None:
        request.out.mkdir(parents=True, exist_ok=True)
    items, system = _items(request, records, known)
    file = ResultFile(request.out / RESULTS if request.out else None)
    with progress("scoring", len(items)) as advance:
        quick = [name for name in names if name in METRICS]
        results = score(items, known, metrics=quick, file=file, jobs=request.jobs, advance=advance)
    if EXECUTION in names:
        _run_scripts(request, results)
    foretold = _check_statically(request, results) if {STATIC, EXECUTION} & {*names} else {}
    file.replace(results)
    summary = summarise(results, system, not_measured=_NOT_RUN)
    summary.about = _about(request, known, len(records), len(records) - summary.records, skipped)
    if foretold:
        summary.about["static_tier"] = foretold
    _publish(request, summary)
    return summary


def _check_environment(request: Request) -> None:
    """Fail before the work, not after it."""
    from callwright_training.execution.environment import Environment

    Environment.find(request.environment)


def _evaluate_call_sites(request: Request, place: Path, kind: str, value: str) -> Summary:
    if kind != "bundle":
        raise StageError(
            "call sites are completed by the server: give --bundle NAME_OR_DIR with --call-sites"
        )
    from callwright_grounding.checking import Checker
    from callwright_grounding.environment import Environment, describe_interpreter
    from callwright_training.evaluation.call_sites import complete_call_sites, find_call_sites
    from callwright_training.evaluation.systems.bundle import BundleSystem

    sites = find_call_sites(place, limit=request.limit, seed=request.seed)
    system = BundleSystem(value, name=request.name)
    checker = Checker(Environment(describe_interpreter(Path(sys.executable))))
    with progress("completing call sites", len(sites)) as advance:
        results = complete_call_sites(system.suggester, sites, checker, advance)
    if request.out is not None:
        request.out.mkdir(parents=True, exist_ok=True)
    ResultFile(request.out / RESULTS if request.out else None).replace(results)
    summary = summarise(
        results, system.identity, not_measured=dict.fromkeys(KEYS, "call sites have no instruction")
    )
    summary.about = {
        **_made(),
        "call_sites": place.name,
        "seed": request.seed,
        "records": len(sites),
        "unanswered": 0,
    }
    _publish(request, summary)
    return summary


def _run_scripts(request: Request, results: list[Result]) -> None:
    from callwright_training.evaluation.execution import run_scripts

    with progress("running scripts", 3 * len(results)) as advance:
        run_scripts(
            results,
            versions=request.environment,
            sandbox=request.sandbox,
            workers=None if request.ray else request.jobs,
            store=request.verdicts or request.out,
            ray=request.ray,
            advance=advance,
        )


def _check_statically(request: Request, results: list[Result]) -> dict[str, float | int]:
    from callwright_training.evaluation.execution import check_statically

    return check_statically(results, request.environment)


def chosen_records(request: Request) -> tuple[list[Record], int]:
    """The questions asked for, and how many lines of the file could not be read.

    Raises:
        RecordsError: No record is left.
        StageError: Both ``--held-out`` and ``--fold``, or an impossible fold.
    """
    read = read_records(request.records_file)
    chosen: Sequence[Record] = read.records
    if request.held_out is not None and request.fold is not None:
        raise StageError("give --held-out or --fold, not both: each leaves out other records")
    if request.held_out is not None:
        chosen = held_out(read, request.held_out, request.split_seed).held_out
    if (fold := request.fold_of) is not None:
        try:
            chosen = folds(read, fold[1], request.split_seed)[fold[0]].held_out
        except ValueError as error:
            raise StageError(f"--fold {request.fold}: {error}") from error
    if not chosen:
        why = f" ({read.skipped[0]})" if read.skipped else ""
        raise RecordsError(f"{request.records_file}: no record to evaluate on{why}")
    return list(chosen)[: request.limit], len(read.skipped)


def catalogue_file(request: Request) -> Path:
    """The catalogue asked for, or the bundle's own.

    Raises:
        StageError: There is neither.
    """
    if request.catalogue is not None:
        return request.catalogue
    if request.bundle is not None:
        from callwright_server.bundle import find_bundle

        return find_bundle(request.bundle).path / "catalogue.jsonl"
    raise StageError("which ids exist? Give --catalogue FILE, such as api/huggingface_api.jsonl")


def _items(request: Request, records: list[Record], known: Known) -> tuple[list[Item], dict[str, Any]]:
    if request.responses is not None:
        return _responses(request, request.responses, records)
    return _asked(request, records, known)


def _asked(request: Request, records: list[Record], known: Known) -> tuple[list[Item], dict[str, Any]]:
    from callwright_training.evaluation.systems import AnswerFile, ask, open_system

    system = open_system(request, known)
    file = AnswerFile(request.out / ANSWERS if request.out else None)
    with progress("asking", len(records) * request.samples) as advance:
        items = ask(system, records, samples=request.samples, seed=request.seed, file=file, advance=advance)
    return items, system.identity


def _responses(request: Request, path: Path, records: list[Record]) -> tuple[list[Item], dict[str, Any]]:
    responses = read_responses(path)
    items = match(responses, records)
    if not items:
        raise RecordsError(
            f"{path}: none of its {len(responses)} responses answers a question of {request.records_file}; "
            "are they of the same benchmark?"
        )
    name = request.name or path.stem
    return items, {"name": name, "kind": "responses", "file": path.name, "responses": len(responses)}


def _about(request: Request, known: Known, records: int, unanswered: int, skipped: int) -> dict[str, Any]:
    return {
        **_made(),
        "records_file": request.records_file.name,
        "records": records,
        "unanswered": unanswered,
        "unreadable_lines": skipped,
        "catalogue_version": known.catalogue.version,
        "catalogue_calls": len(known.catalogue),
        "samples": request.samples,
        "seed": request.seed,
    }


def this_command() -> str:
    """The command line that is at work."""
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])


def _made() -> dict[str, Any]:
    """When, how and with what a summary was made."""
    packages = ("codebleu", "rouge-score", "tree-sitter-python")
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "command": this_command(),
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
    }


def _publish(request: Request, summary: Summary) -> None:
    to_stdout = request.json_file == Path("-")
    if request.out is not None:
        summary.save(request.out / SUMMARY)
    if request.json_file is not None and not to_stdout:
        summary.save(request.json_file)
    console = console_for(stderr=to_stdout)
    console.print(table_of([summary]))
    if unanswered := summary.about["unanswered"]:
        console.print(
            f"{unanswered} of {summary.about['records']} questions have no answer and are not counted."
        )
    if to_stdout:
        sys.stdout.write(json.dumps(summary.to_json(), ensure_ascii=False) + "\n")
