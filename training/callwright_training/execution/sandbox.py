"""One sandbox with a warm parent in it, seen from outside: started, asked, closed.

Three modes: ``namespaces`` contains fully; ``rlimits`` is the weaker one for machines that forbid
namespaces, and is only ever used when asked for by name.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any, Literal

from callwright_training.errors import SandboxError
from callwright_training.execution.limits import Limits

SandboxMode = Literal["namespaces", "rlimits"]

_INSIDE = Path(__file__).parent / "inside"
_INSIDE_TARGET = "/callwright/callwright_training/execution/inside"
_PORT = 8000
_START = f"""
import sys; sys.path.insert(0, {str(_INSIDE.parents[2])!r})
from callwright_training.execution.inside.supervisor import main; main()
"""
_FORBIDDEN = (
    "this machine forbids the namespaces that contain generated code ({reason}); allow unprivileged user "
    "namespaces, or accept the weaker mode by name: --sandbox rlimits (no network and file isolation)"
)
_PATIENCE = 30.0
"""Seconds beyond a script's own limit after which the sandbox itself is taken for dead."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a sandbox shows its scripts."""

    python: Path
    """The interpreter, of a virtual environment or not."""
    hub: Path | None = None
    """Folder of the hub stand-in; ``None`` for no hub."""
    warm: tuple[str, ...] = ()
    """Modules that the warm parent imports once, in order; what cannot be imported is left out."""
    variables: dict[str, str] = field(default_factory=dict)
    """Environment variables beside the usual ones."""


class Sandbox:
    """A warm parent in its sandbox.

    Args:
        surroundings: What to show inside.
        limits: What each script may use.
        mode: ``namespaces`` or ``rlimits``.

    Raises:
        SandboxError: The mode is not to be had on this machine, or the interpreter does not start in it.
    """

    def __init__(
        self, surroundings: Surroundings, limits: Limits | None = None, mode: SandboxMode = "namespaces"
    ) -> None:
        self.limits = limits or Limits()
        self.mode = mode
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with us
        self._scratch = tempfile.TemporaryDirectory(prefix="callwright-", ignore_cleanup_errors=True)
        Path(self._scratch.name).chmod(0o711)  # a script under its own uid passes through to its own folder
        plan = _plan(surroundings, self.limits, mode, self._scratch.name)
        command = [sys.executable, "-I", "-B", "-c", _START, json.dumps(plan)]
        self._process = _start(command, self._log)
        self._buffer = b""
        try:
            self.ready = self._read(time.monotonic() + 300)
        except SandboxError:
            self.close()
            raise
        if "error" in self.ready:
            self.close()
            raise SandboxError(_explain(str(self.ready["error"]), mode))

    def run(self, name: str, code: str, *, lenient: bool) -> dict[str, Any]:
        """Run one script; returns the warm parent's verdict as it comes.

        Raises:
            SandboxError: The sandbox itself ended; a new one is needed.
        """
        job = json.dumps({"id": name, "code": code, "lenient": lenient}).encode() + b"\n"
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        try:
            self._process.stdin.write(job)
            self._process.stdin.flush()
        except OSError as error:
            raise SandboxError(f"the sandbox has ended: {self._last_words()}") from error
        return self._read(time.monotonic() + self.limits.wall + _PATIENCE)

    def close(self) -> None:
        """End the sandbox and everything in it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process.wait()
        self._log.close()
        self._scratch.cleanup()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, deadline: float) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101
        descriptor = self._process.stdout.fileno()
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                raise SandboxError(f"the sandbox does not answer: {self._last_words()}")
            block = os.read(descriptor, 1 << 16)
            if not block:
                raise SandboxError(f"the sandbox has ended: {self._last_words()}")
            self._buffer += block
        line, _, self._buffer = self._buffer.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _last_words(self) -> str:
        size = os.fstat(self._log.fileno()).st_size
        text = os.pread(self._log.fileno(), 2000, max(0, size - 2000)).decode(errors="replace").strip()
        return text.splitlines()[-1] if text else "it said nothing"


def _start(command: list[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a supervisor, from a thread that lives as long as this process.

    The supervisor asks the kernel to be killed with its parent, which to the kernel is the thread that forked
    it: started from a worker's thread, an idle sandbox would not outlive the worker.
    """

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True
        )

    return _starter(os.getpid()).submit(start).result()


@cache
def _starter(process: int) -> ThreadPoolExecutor:
    """The thread of this process; a forked copy needs its own."""
    return ThreadPoolExecutor(1, thread_name_prefix=f"sandboxes-{process}")


def _explain(reason: str, mode: str) -> str:
    if mode == "namespaces":
        return _FORBIDDEN.format(reason=reason.splitlines()[0])
    return f"the sandbox does not start: {reason}"


def _plan(surroundings: Surroundings, limits: Limits, mode: SandboxMode, scratch: str) -> dict[str, Any]:
    confined = mode == "namespaces"
    port = _PORT if confined else _free_port()
    home = "/tmp/home" if confined else f"{scratch}/home"  # noqa: S108
    binds = [(str(path), str(path)) for path in _folders(surroundings)]
    binds.append((str(_INSIDE), _INSIDE_TARGET))
    return {
        "sandbox": mode,
        "python": str(surroundings.python),
        "code": _INSIDE_TARGET if confined else str(_INSIDE),
        "binds": binds,
        "hub": str(surroundings.hub.resolve()) if surroundings.hub else None,
        "port": port,
        "warm": list(surroundings.warm),
        "home": home,
        "variables": _variables(port, surroundings.python, home) | surroundings.variables,
        "limits": asdict(limits),
    }


def _folders(surroundings: Surroundings) -> Sequence[Path]:
    """The folders that the interpreters and the hub need, those of the system left out."""
    found = [*_interpreter_folders(surroundings.python), *_interpreter_folders(Path(sys.executable))[1:]]
    if surroundings.hub:
        found.append(surroundings.hub.resolve())
    return [path for path in dict.fromkeys(found) if not path.is_relative_to("/usr") and path != Path("/")]


def _interpreter_folders(python: Path) -> list[Path]:
    folder = python.absolute().parent.parent
    settings = folder / "pyvenv.cfg"
    if not settings.is_file():
        return [folder, python.resolve().parent.parent]
    lines = settings.read_text(encoding="utf-8").splitlines()
    homes = [
        Path(value.strip()).parent
        for key, _, value in (line.partition("=") for line in lines)
        if key.strip() == "home"
    ]
    return [folder, *homes, python.resolve().parent.parent]


def _variables(port: int, python: Path, home: str) -> dict[str, str]:
    """The environment of the warm parent: one thread each, no telemetry, the hub on the loopback."""
    return {
        "PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TMPDIR": str(Path(home).parent),
        "HOME": home,
        "HF_HOME": f"{home}/.cache/huggingface",
        "HF_ENDPOINT": f"http://127.0.0.1:{port}",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_DISABLE_SYMLINKS_WARNING": "1",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_ETAG_TIMEOUT": "30",
        "DISABLE_TELEMETRY": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "TOKENIZERS_PARALLELISM": "false",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_WAIT_POLICY": "PASSIVE",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": f"{home}/.config/matplotlib",
        "CUDA_VISIBLE_DEVICES": "",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
