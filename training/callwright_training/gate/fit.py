"""Fits a bundle's gate on some packages' code and measures it on others'."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from callwright_server.bundle import Bundle, describe_file
from callwright_server.choice import CallChooser
from callwright_server.engine import Engine, EngineSettings
from callwright_server.gate import GATE, LINE_KINDS, CallThreshold, Gate, LineKind, LineThreshold
from callwright_server.settings import Inline
from callwright_server.suggest.grounding import Names
from callwright_server.suggest.installed import Installed
from callwright_server.suggest.line_writer import LineWriter
from callwright_training.gate.fitting import SeenCall, fit_calls, fit_lines
from callwright_training.gate.measuring import (
    Lines,
    Notes,
    call_figures,
    choose_calls,
    line_figures,
    write_lines,
)
from callwright_training.gate.sources import comments, line_sites, source_files

Step = Callable[[str, float], None]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is to be fitted, and to what."""

    fit_on: tuple[str, ...]
    """Packages whose code the thresholds are fitted to."""
    measure_on: tuple[str, ...]
    """Packages whose code they are measured on."""
    questions: tuple[str, ...] = ()
    """Instructions about the catalogue that nothing was trained on; every second one is fitted to."""
    sites: int = 80
    """Lines of each kind, on either side."""
    comments: int = 300
    """Comments on either side."""
    right: float = 0.5
    """Share of the shown lines that must be the author's."""
    unasked: float = 0.1
    """Share of the comments that may bring a call."""


@dataclass(frozen=True)
class _Side:
    """What was seen in one half."""

    lines: Lines
    calls: list[SeenCall]


def fit_gate(
    bundle: Bundle, asked: Asked, installed: Installed, step: Step, notes: Path | None = None
) -> Gate:
    """Let model and retriever work at many places, and choose thresholds.

    Args:
        bundle: The bundle.
        asked: What to fit to.
        installed: Which names exist; lines with a name that nobody can vouch for are never shown.
        step: Reports progress.
        notes: File of what was seen so far, by this bundle.
    """
    engine = Engine(bundle, EngineSettings(threads=1))
    chooser = CallChooser.open(bundle, engine) if bundle.retriever.is_dir() else None
    writer = LineWriter(engine, Inline(minimum_confidence=0), Names(installed, engine, bundle.catalogue))
    seen, sides = Notes(notes), []
    for number, packages in enumerate((asked.fit_on, asked.measure_on)):
        half = replace(asked, questions=asked.questions[number::2])
        report = _half(step, number)
        sides.append(_seen((writer, seen), chooser, packages, half, report))
    return _fitted(sides[0], sides[1], asked, bundle)


def install(gate: Gate, bundle: Bundle) -> Path:
    """Put a gate into a bundle, and into its manifest."""
    path = gate.save(bundle.path)
    files = {**bundle.manifest.files, GATE: describe_file(path)}
    bundle.manifest.model_copy(update={"files": files}).save(bundle.path)
    return path


def _half(step: Step, number: int) -> Step:
    return lambda what, done: step(what, (number + done) / 2)


def _seen(
    lines: tuple[LineWriter, Notes],
    chooser: CallChooser | None,
    packages: Sequence[str],
    asked: Asked,
    step: Step,
) -> _Side:
    files = source_files(packages)
    calls: list[SeenCall] = []
    if chooser is not None:
        step("choosing calls", 0.0)
        calls = choose_calls(chooser, asked.questions, asked=True)
        calls += choose_calls(chooser, comments(files, asked.comments), asked=False)
    sites = line_sites(files, asked.sites)
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        step(f"line {done} of {len(sites)}", 0.1 + 0.9 * done / len(sites))

    writer, notes = lines
    return _Side(write_lines(writer, sites, notes, advance), calls)


def _fitted(fit: _Side, other: _Side, asked: Asked, bundle: Bundle) -> Gate:
    lines = {kind: fit_lines(fit.lines.get(kind, ()), asked.right) for kind in LINE_KINDS}
    call = fit_calls(fit.calls, asked.unasked) if fit.calls else CallThreshold()
    figures = {
        "adapter": bundle.manifest.adapter,
        "wanted": {"right of shown": asked.right, "comments answered": asked.unasked},
        "fitted to": _figures(fit, lines, call) | {"code": list(asked.fit_on)},
        "on other code": _figures(other, lines, call) | {"code": list(asked.measure_on)},
    }
    return Gate(call=call, line=lines, fitted=json.loads(json.dumps(figures)))


def _figures(side: _Side, lines: dict[LineKind, LineThreshold], call: CallThreshold) -> dict[str, object]:
    by_kind = {kind: line_figures(side.lines.get(kind, ()), lines[kind]) for kind in LINE_KINDS}
    return {"lines": by_kind, "calls": call_figures(side.calls, call)}
