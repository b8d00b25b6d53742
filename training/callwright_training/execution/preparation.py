"""Makes an environment that generated code runs in: a virtual environment by a lock file, and the hub for it.

Both steps leave a note of what they were made from, so that a second call has nothing to do and a changed
lock, catalogue or builder redoes its part alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, get_args

from callwright_grounding.catalogue import CatalogueEntry
from callwright_training.errors import SandboxError
from callwright_training.execution.environment import PREPARED, Environment, Versions, environments_folder

Step = Callable[[str, float], None]

_HERE = Path(__file__).parent
_LOCKS = _HERE / "locks"
_BUILDERS = (
    "build_hub",
    "architectures",
    "labels",
    "tiny_models",
    "tiny_tokenizers",
    "tiny_diffusion",
    "facts",
)
_TORCH = "torch==2.13.0"
_WORDS_SHOWN = 300
# The share of the whole that is done when a step ends, from a run on two cores.
_TORCH_DONE, _LIBRARIES_DONE = 0.35, 0.65


def prepare(versions: Versions, entries: Iterable[CatalogueEntry], step: Step) -> Environment:
    """Make the environment, or bring it up to date.

    Args:
        versions: ``2024`` or ``current``.
        entries: The catalogue whose repositories the hub is to serve.
        step: Told what happens now and the share of the whole that is done.

    Raises:
        SandboxError: A package cannot be installed, or the hub cannot be built.
    """
    if versions not in get_args(Versions):
        raise SandboxError(f"no such versions: {versions}; choose one of {', '.join(get_args(Versions))}")
    folder = environments_folder() / versions
    folder.mkdir(parents=True, exist_ok=True)
    done = _read_note(folder)
    python = Path(sys.executable)
    if versions != "current":
        python = folder / "bin" / "python"
        lock = _LOCKS / f"{versions}.txt"
        if done.get("libraries") != _digest(lock) or not python.exists():
            _install(folder, lock, step)
            done = {**done, "libraries": _digest(lock)}
            _write_note(folder, done)
    else:
        done = {**done, "libraries": _installed()}
    rows = _rows(entries)
    made_from = {
        "catalogue": hashlib.sha256(rows.encode()).hexdigest()[:16],
        "builder": _builder(done["libraries"]),
    }
    if {name: done.get(name) for name in made_from} != made_from or not (
        folder / "hub" / "index.json"
    ).exists():
        if done.get("builder") != made_from["builder"]:
            shutil.rmtree(folder / "hub", ignore_errors=True)
        _build_hub(folder, python, rows, step)
    _write_note(folder, {**done, **made_from})
    return Environment.find(versions)


def _install(folder: Path, lock: Path, step: Step) -> None:
    """Torch first and alone, with what it needs here; then everything else exactly as locked.

    The lock is complete and its lines conflict in what they ask for, not in what they use: hence
    ``--no-deps``.
    """
    step("virtual environment", 0.0)
    if not (folder / "bin" / "python").exists():
        venv.create(folder, with_pip=True, symlinks=True)
    step(_TORCH, 0.02)
    _pip(folder, _TORCH)
    step(f"{len(lock.read_text(encoding='utf-8').splitlines()) - 1} libraries", _TORCH_DONE)
    _pip(folder, "--no-deps", "--requirement", str(lock))
    _link_ffmpeg(folder)


def _link_ffmpeg(folder: Path) -> None:
    """Put the program that audio pipelines call beside the interpreter; a wheel brings it."""
    found = next(iter(folder.glob("lib/python*/site-packages/imageio_ffmpeg/binaries/ffmpeg-*")), None)
    link = folder / "bin" / "ffmpeg"
    if found is not None and not link.exists():
        link.symlink_to(found)


def _pip(folder: Path, *arguments: str) -> None:
    command = [
        str(folder / "bin" / "python"),
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "--quiet",
    ]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        words = [
            line for line in done.stderr.splitlines() if line.startswith("ERROR")
        ] or done.stderr.splitlines()
        raise SandboxError(f"pip cannot install into {folder}: {' '.join(words)[-_WORDS_SHOWN:]}")


def _build_hub(folder: Path, python: Path, rows: str, step: Step) -> None:
    catalogue = folder / "catalogue.jsonl"
    catalogue.write_text(rows, encoding="utf-8")
    command = [
        str(python),
        "-P",
        "-B",
        str(_HERE / "inside" / "build_hub.py"),
        str(catalogue),
        str(folder / "hub"),
    ]
    variables = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    log = folder / "hub.log"
    share = _LIBRARIES_DONE
    with (
        log.open("w", encoding="utf-8") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=variables) as process,
    ):
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        for line in process.stdout:
            share = min(0.99, share + 0.003)
            if line.startswith("{"):
                step(f"hub: {json.loads(line).get('model', 'index')}", share)
    if process.returncode:
        words = log.read_text(encoding="utf-8").strip().splitlines()
        raise SandboxError(
            f"the hub cannot be built: {words[-1] if words else 'no reason given'} (see {log})"
        )


def _rows(entries: Iterable[CatalogueEntry]) -> str:
    names = ("name", "call", "domain", "framework", "example")
    return "".join(json.dumps({name: getattr(entry, name) for name in names}) + "\n" for entry in entries)


def _builder(libraries: str) -> str:
    texts = [(_HERE / "inside" / f"{name}.py").read_text(encoding="utf-8") for name in _BUILDERS]
    return hashlib.sha256("\0".join([libraries, *texts]).encode()).hexdigest()[:16]


def _installed() -> str:
    """The versions of the running environment, as one hash."""
    from importlib.metadata import distributions

    found = sorted(f"{item.metadata['Name']}=={item.version}" for item in distributions())
    return hashlib.sha256("\n".join(found).encode()).hexdigest()[:16]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _read_note(folder: Path) -> dict[str, Any]:
    try:
        note: dict[str, Any] = json.loads((folder / PREPARED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return note


def _write_note(folder: Path, note: dict[str, Any]) -> None:
    part = folder / f"{PREPARED}.part"
    part.write_text(json.dumps(note), encoding="utf-8")
    part.replace(folder / PREPARED)
