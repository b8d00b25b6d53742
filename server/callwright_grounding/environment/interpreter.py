"""The user's interpreter: which one, its version, and the folders it imports from.

Found like other Python tools do, and described without running any of the user's code: a virtual
environment is read from its ``pyvenv.cfg``; any other interpreter is asked with ``-I -S``, which skips
``site`` and every ``.pth`` file.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from callwright_grounding.errors import InterpreterError

_ASK = (
    "import sys, json, site, sysconfig;"
    "paths = [sysconfig.get_path('purelib'), sysconfig.get_path('platlib'), *site.getsitepackages()];"
    "print(json.dumps([list(sys.version_info[:2]), list(dict.fromkeys(paths))]))"
)
_TIMEOUT = 20.0


@dataclass(frozen=True)
class Interpreter:
    """One interpreter and where it imports from."""

    executable: Path
    version: tuple[int, int]
    site_packages: tuple[Path, ...]
    """Folders that hold installed distributions, in import order."""
    extra_paths: tuple[Path, ...] = ()
    """Folders that ``.pth`` files add: editable installs."""
    mapped: tuple[tuple[str, Path], ...] = ()
    """Top-level packages that an editable install's import hook maps to a folder."""

    @property
    def roots(self) -> tuple[Path, ...]:
        """Every folder that modules are looked up in."""
        return self.site_packages + self.extra_paths


def find_interpreter(explicit: str | None = None, near: Path | None = None) -> Path:
    """The interpreter to take.

    In this order: the explicit one (an executable or an environment's folder), ``VIRTUAL_ENV``, the
    nearest ``.venv`` or ``venv`` at or above ``near``, ``CONDA_PREFIX``, ``python3`` and ``python`` on
    the PATH, the one that runs this.

    Raises:
        InterpreterError: The explicit one is not there.
    """
    if explicit is not None:
        found = _executable(Path(explicit)) or (Path(which) if (which := shutil.which(explicit)) else None)
        if found is None:
            raise InterpreterError(
                f"{explicit}: no Python interpreter there; give the path of a python or of its folder"
            )
        return found
    candidates = [Path(value) for name in ("VIRTUAL_ENV",) if (value := os.environ.get(name))]
    if near is not None:
        start = near.resolve()
        candidates += [folder / name for folder in (start, *start.parents) for name in (".venv", "venv")]
    candidates += [Path(value) for name in ("CONDA_PREFIX",) if (value := os.environ.get(name))]
    for candidate in candidates:
        if (found := _executable(candidate)) is not None:
            return found
    for name in ("python3", "python"):
        if (which := shutil.which(name)) is not None:
            return Path(which)
    return Path(sys.executable)


def describe_interpreter(executable: Path) -> Interpreter:
    """Version and import folders of an interpreter.

    Raises:
        InterpreterError: It cannot be started or answers nonsense.
    """
    configuration = executable.parent.parent / "pyvenv.cfg"
    if configuration.is_file() and (found := _virtual_environment(executable, configuration)) is not None:
        return found
    try:
        answer = subprocess.run(
            [str(executable), "-I", "-S", "-c", _ASK],
            capture_output=True,
            timeout=_TIMEOUT,
            check=True,
            text=True,
        )
        version, paths = json.loads(answer.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise InterpreterError(f"{executable}: does not answer as a Python interpreter: {error}") from error
    return _with_extra_paths(executable, (version[0], version[1]), [Path(path) for path in paths])


def _executable(path: Path) -> Path | None:
    if path.is_file() and os.access(path, os.X_OK):
        return path.absolute()
    for name in ("bin/python", "bin/python3", "Scripts/python.exe"):
        if (path / name).is_file():
            return (path / name).absolute()
    return None


def _virtual_environment(executable: Path, configuration: Path) -> Interpreter | None:
    """Read an environment from its ``pyvenv.cfg``; ``None`` where that says too little."""
    lines = (
        line.partition("=")
        for line in configuration.read_text(encoding="utf-8", errors="replace").splitlines()
    )
    values = {key.strip().lower(): value.strip() for key, _, value in lines}
    text = values.get("version_info") or values.get("version") or ""
    numbers = text.split(".")
    if len(numbers) < 2 or not (numbers[0].isdigit() and numbers[1].isdigit()):
        return None
    version = (int(numbers[0]), int(numbers[1]))
    folder = configuration.parent
    names = [f"lib/python{version[0]}.{version[1]}/site-packages", "Lib/site-packages"]
    sites = [folder / name for name in names if (folder / name).is_dir()]
    if values.get("include-system-site-packages", "").lower() == "true" and "home" in values:
        base = next(
            (path for name in ("python3", "python") if (path := Path(values["home"]) / name).is_file()), None
        )
        if base is not None:
            sites += describe_interpreter(base).site_packages
    return _with_extra_paths(executable, version, sites)


def _with_extra_paths(executable: Path, version: tuple[int, int], sites: list[Path]) -> Interpreter:
    sites = [site for site in sites if site.is_dir()]
    extra: list[Path] = []
    mapped: list[tuple[str, Path]] = []
    for site in sites:
        for file in sorted(site.glob("*.pth")):
            extra += _pth_folders(site, file)
        for file in sorted(site.glob("__editable__*_finder.py")):
            mapped += _finder_mapping(file)
    return Interpreter(executable, version, tuple(sites), tuple(dict.fromkeys(extra)), tuple(mapped))


def _pth_folders(site: Path, file: Path) -> Iterator[Path]:
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        line = line.strip()
        if line and not line.startswith(("#", "import ", "import\t")) and (site / line).is_dir():
            yield site / line


def _finder_mapping(file: Path) -> Iterator[tuple[str, Path]]:
    """The ``MAPPING`` of setuptools' editable finder, read as a literal."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return
    for node in tree.body:
        target = (
            node.target
            if isinstance(node, ast.AnnAssign)
            else node.targets[0]
            if isinstance(node, ast.Assign)
            else None
        )
        value = node.value if isinstance(node, ast.AnnAssign | ast.Assign) else None
        if isinstance(target, ast.Name) and target.id == "MAPPING" and isinstance(value, ast.Dict):
            for name, folder in ast.literal_eval(value).items():
                yield str(name), Path(str(folder))
