"""The pipeline: each stage in its folder, skipped where nothing that decides it has changed.

::

    OUT/run.toml              the run file, as it was
    OUT/<stage>/inputs.json   hash of everything that decides the stage; written when it starts
    OUT/<stage>/done.json     the same, its results' hash, its figures; written when it ends
    OUT/answers/              what judges were told and paid for; outlives changed settings
    OUT/report.html           made anew at the end of every run
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from callwright_grounding.catalogue import Catalogue
from callwright_plugins.manager import Plugins
from callwright_training.errors import StageError
from callwright_training.export.merge import check_adapter
from callwright_training.files import no_room, write_whole
from callwright_training.progress import steps
from callwright_training.run.hashing import hash_paths, hash_values
from callwright_training.run.run_file import RunFile, read_run_file
from callwright_training.run.stages import STAGES, Run, Stage


def open_run(path: Path, out: Path, adapter: Path | None = None, labels: Path | None = None) -> Run:
    """Read a run file and everything it names, and check it before anything takes long.

    Args:
        path: The run file.
        out: The run's folder.
        adapter: M_SFT's adapter, in the place of the run file's.
        labels: Another run's folder, whose feedback and M_reward are taken over; the same.

    Raises:
        UserError: Something in it is wrong; one line says what.
    """
    from callwright_training.feedback.inputs import load_records

    file = read_run_file(path)
    plugins = Plugins([path.parent / name for name in file.plugins])
    plugins.question_set(_questions(file, path))
    plugins.judge(file.feedback.judge, file.feedback.options)
    file = file.model_copy(
        update={
            "feedback": file.feedback.model_copy(update={"questions": _questions(file, path)}),
            "adapter": _adapter(file, path, adapter),
            "labels": _labels(file, path, labels),
        }
    )
    records = load_records([_place(name, path) for name in file.records])
    catalogue = _catalogue(file, path, plugins, records)
    return Run(file, out, records, catalogue, plugins, path.read_bytes())


def run_all(run: Run, tell: Callable[[str], None], only: str | None = None) -> None:
    """Run every stage that is not done, then write the report.

    Args:
        run: The run.
        tell: Gets one line for each stage.
        only: Run up to this stage and no further.

    Raises:
        UserError: A stage cannot go on.
    """
    from callwright_training.run.report import write_report

    run.out.mkdir(parents=True, exist_ok=True)
    (run.out / "run.toml").write_bytes(run.source)
    _set_threads(run.file.threads)
    for stage in STAGES:
        inputs = fingerprint(stage, run)
        if is_done(stage, run, inputs):
            tell(f"{stage.name}: done before, unchanged")
        else:
            figures = run_stage(stage, run, inputs)
            tell(f"{stage.name}: done in {figures['seconds']:.0f} s")
        if stage.name == only:
            break
    tell(f"report: {write_report(run)}")


def run_stage(stage: Stage, run: Run, inputs: str) -> dict[str, Any]:
    """Run one stage, going on from what a killed run left if it was the same run."""
    folder = run.folder(stage.name)
    folder.mkdir(parents=True, exist_ok=True)
    begun = folder / "inputs.json"
    if not begun.is_file() or json.loads(begun.read_text()) != inputs:
        _clear(folder)
        write_whole(begun, json.dumps(inputs))
    (folder / "done.json").unlink(missing_ok=True)
    started = time.monotonic()
    try:
        if stage.own_bar:
            figures = stage.work(run, lambda what, done: None)
        else:
            with steps(stage.name) as step:
                figures = stage.work(run, step)
    except Exception as error:
        if (said := no_room(error)) is None:
            raise
        raise StageError(f"{folder}: {said}; make room and run again to go on") from error
    done = {
        "inputs": inputs,
        "outputs": _outputs(stage, run),
        "seconds": round(time.monotonic() - started, 1),
    }
    told = json.dumps(done | {"figures": figures}, indent=2, ensure_ascii=False)
    write_whole(folder / "done.json", told + "\n")
    return done


def fingerprint(stage: Stage, run: Run) -> str:
    """Hash of everything that decides a stage's result."""
    records = hash_values(
        [(record.id, record.instruction, record.call, record.code) for record in run.records]
    )
    return hash_values([stage.name, stage.settings(run), records, hash_paths(stage.inputs(run))])


def is_done(stage: Stage, run: Run, inputs: str) -> bool:
    """Whether the stage ended with these inputs and its results have not been touched."""
    marker = run.folder(stage.name) / "done.json"
    if not marker.is_file():
        return False
    done = json.loads(marker.read_text())
    return bool(done["inputs"] == inputs and done["outputs"] == _outputs(stage, run))


def _set_threads(threads: int) -> None:
    if threads:
        import torch

        torch.set_num_threads(threads)


def _outputs(stage: Stage, run: Run) -> str:
    return hash_paths(run.folder(stage.name) / name for name in stage.outputs)


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _questions(file: RunFile, path: Path) -> str:
    name = file.feedback.questions
    return str(path.parent / name) if name.endswith(".toml") else name


def _adapter(file: RunFile, path: Path, given: Path | None) -> str | None:
    place = given or (_place(file.adapter, path) if file.adapter else None)
    if place is None:
        return None
    check_adapter(place)
    return str(place)


def _labels(file: RunFile, path: Path, given: Path | None) -> str | None:
    place = given or (_place(file.labels, path) if file.labels else None)
    return str(place) if place else None


def _place(name: str, path: Path) -> Path:
    import os

    if name.startswith("$CALLWRIGHT_DATA") and not os.environ.get("CALLWRIGHT_DATA"):
        raise StageError(
            f"{path}: records = {name!r}: set CALLWRIGHT_DATA to the folder that has gorilla/ in it"
        )
    return path.parent / os.path.expandvars(name)


def _catalogue(file: RunFile, path: Path, plugins: Plugins, records: tuple[Any, ...]) -> Catalogue:
    from callwright_training.feedback.inputs import load_catalogue

    if file.catalogue is None:
        return Catalogue(record.api for record in records)
    known = file.catalogue in plugins.catalogues
    return load_catalogue(file.catalogue if known else str(_place(file.catalogue, path)), plugins)
