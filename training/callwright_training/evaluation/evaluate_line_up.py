"""Evaluates every system of a line-up, each in its folder, going on where a killed run stopped.

::

    OUT/bundles/<name>   bundles made of adapters
    OUT/verdicts         how scripts ended, so that the references are run once for all
    OUT/<name>           one evaluation, as `rlaif-train evaluate --out` writes it
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from callwright_training.evaluation.compare import Evaluation, read_evaluation
from callwright_training.evaluation.line_up import LineUp, SystemToEvaluate
from callwright_training.evaluation.request import Request
from callwright_training.evaluation.run import evaluate_request


def evaluate_line_up(line_up: LineUp, out: Path) -> Sequence[Evaluation]:
    """Evaluate every system; evaluations in the order of the line-up.

    Raises:
        UserError: A file, an environment or a system cannot be had or used.
    """
    return [_evaluate(system, line_up, out) for system in line_up.systems]


def _evaluate(system: SystemToEvaluate, line_up: LineUp, out: Path) -> Evaluation:
    folder, verdicts = out / _folder_name(system.name), out / "verdicts"
    verdicts.mkdir(parents=True, exist_ok=True)
    request = Request(
        **_source(system, line_up, out),
        records=Path(line_up.records),
        catalogue=Path(line_up.catalogue),
        metrics=line_up.metrics,
        environment=line_up.environment,
        held_out=line_up.held_out,
        split_seed=line_up.split_seed,
        limit=line_up.limit,
        form=system.form,
        name=system.name,
        out=folder,
        verdicts=verdicts,
    )
    with redirect_stdout(sys.stderr):  # each system's own table; stdout is for all of them
        evaluate_request(request)
    return read_evaluation(folder)


def _source(system: SystemToEvaluate, line_up: LineUp, out: Path) -> dict[str, Any]:
    from callwright_training.export.default import DEFAULT_ADAPTER

    if system.adapter is not None:
        adapter = DEFAULT_ADAPTER if system.adapter == "default" else Path(system.adapter)
        place = out / "bundles" / _folder_name(system.name)
        return {"bundle": str(_exported(adapter, Path(line_up.catalogue), place))}
    if system.model == "default":
        return {"model": str(DEFAULT_ADAPTER)}
    kinds = ("bundle", "model", "baseline", "responses")
    return {kind: value for kind in kinds if (value := getattr(system, kind)) is not None}


def _exported(adapter: Path, catalogue: Path, place: Path) -> Path:
    from callwright_training.export import ExportRequest, export_bundle, is_up_to_date
    from callwright_training.export.catalogues import file_catalogue
    from callwright_training.export.default import DEFAULT_BASE, standard_extras
    from callwright_training.export.merge import base_of
    from callwright_training.progress import steps

    request = ExportRequest(
        base=base_of(adapter) or DEFAULT_BASE,
        adapter=adapter,
        catalogue=file_catalogue(catalogue),
        out=place,
        name=place.name,
        extras=standard_extras(adapter),
    )
    if not is_up_to_date(request):
        with steps(f"Exporting {place.name}") as step:
            export_bundle(request, step)
    return place


def _folder_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
