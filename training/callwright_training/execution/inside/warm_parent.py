"""The warm parent: imports the heavy libraries once, forks a process per script and judges how it ended.

Reads one JSON job a line (``id``, ``code``, ``lenient``) and writes one JSON verdict a line. The judge is
this process, which no script can reach: it lives in another PID namespace, under another user id, and
believes only what the kernel says of the script's process (see :mod:`.finish`).
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import resource
import shutil
import socket
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from callwright_training.execution.inside import kernel, pages
from callwright_training.execution.inside.judge import watch
from callwright_training.execution.inside.processes import anonymous_memory, kill_descendants
from callwright_training.execution.inside.script_process import Cell, Ends, become_script

OUTPUT_SHOWN = 2000
"""How many characters of a script's output, from the end, a verdict carries."""


def main() -> None:
    """Warm up and answer jobs until there are none."""
    plan: dict[str, Any] = json.loads(sys.argv[1])
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a library prints while being imported is not an answer
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    started = time.monotonic()
    missing = _warm_up(plan)
    ready = {
        "ready": round(time.monotonic() - started, 2),
        "missing": missing,
        "python": sys.version.split()[0],
    }
    answers.write(json.dumps(ready) + "\n")
    parent = WarmParent(plan)
    for line in sys.stdin:
        answers.write(json.dumps(parent.run(json.loads(line))) + "\n")
        parent.open_cell()


def _warm_up(plan: dict[str, Any]) -> dict[str, str]:
    """Import what scripts use; returns what could not be imported and why."""
    warnings.filterwarnings("ignore")
    missing = {}
    for module in plan["warm"]:
        try:
            loaded = importlib.import_module(module)
            if module == "torch":
                loaded.set_num_threads(1)
        except BaseException as error:
            missing[module] = f"{type(error).__name__}: {error}"[:200]
    for module, seed in (("numpy.random", "seed"), ("torch", "manual_seed")):
        if module in sys.modules:  # every script is born with the same state
            getattr(sys.modules[module], seed)(0)
    gc.collect()
    gc.freeze()  # else a collection in a child would write to, and so copy, every page
    pages.gather()
    return missing


class WarmParent:
    """Forks, watches and clears away, one script at a time."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.limits: dict[str, Any] = plan["limits"]
        self.confined = plan["sandbox"] == "namespaces"
        self.uids = range(*plan["uids"])
        self.count = 0
        self.line = socket.socket(fileno=plan["line"])
        self.base_memory = anonymous_memory(os.getpid())
        _read_fetched(plan["fetched"])  # what was fetched while warming up is no script's
        self.open_cell()

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        """Run one script to its end and say how it ended."""
        cell = self.cell
        output, notes = os.memfd_create("output"), os.memfd_create("notes")
        down, to_script = os.pipe()
        from_script, up = os.pipe()
        started, spent = time.monotonic(), _processor_time()
        cell.take_next_child()
        child = os.fork()
        if child == 0:
            os.close(to_script)
            os.close(from_script)
            become_script(self.plan, job, cell, Ends(down, up, output, notes))
        for handle in (down, up, *cell.namespaces):
            os.close(handle)
        try:
            roots = [child, cell.pid] if cell.pid else [os.getpid()]
            verdict = watch(child, from_script, to_script, self.limits, roots, self.base_memory)
        finally:
            self._clear_away(child, cell)
            os.close(to_script)
            os.close(from_script)
        verdict |= {"id": job["id"], "seconds": round(time.monotonic() - started, 4)}
        verdict["processor"] = round(_processor_time() - spent, 4)
        verdict |= _read_notes(notes, output)
        verdict["fetched"] = _read_fetched(self.plan["fetched"])
        return verdict

    def open_cell(self) -> None:
        """Have a place for the next script."""
        self.cell = self._open_cell()

    def _open_cell(self) -> Cell:
        usable = len(self.uids) - 1 if len(self.uids) > 1 else 1  # the last one is the hub's
        uid = self.uids[self.count % usable]
        self.count += 1
        if not self.confined:
            return Cell(uid, _folder(uid, Path(self.plan["home"])))
        self.line.send(str(uid).encode())
        answer, namespaces, _, _ = socket.recv_fds(self.line, 1024, 3)
        if not answer.isdigit():
            raise OSError(f"no cell: {answer.decode().strip('!')}")
        return Cell(uid, "/tmp", int(answer), tuple(namespaces))  # noqa: S108

    def _clear_away(self, child: int, cell: Cell) -> None:
        if cell.pid:
            self.line.send(f"-{cell.pid}".encode())
        kill_descendants(os.getpid(), cell.uid if len(self.uids) > 1 else None, confined=bool(cell.pid))
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child, 0)
        if not cell.pid:
            shutil.rmtree(cell.folder, ignore_errors=True)


def _processor_time() -> float:
    """Of this process and of its children that have ended, in seconds."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _folder(uid: int, home: Path) -> str:
    """A folder for one script, without namespaces; its home is where the libraries were told that it is."""
    folder = tempfile.mkdtemp(prefix="callwright-script-", dir=home.parent)
    (Path(folder) / "home").mkdir()
    for path in (folder, f"{folder}/home"):
        os.chown(path, uid, -1)
    if home.is_symlink():
        home.unlink()
    shutil.rmtree(home, ignore_errors=True)  # what was written while warming up
    home.symlink_to(f"{folder}/home")
    return folder


def _read_notes(notes: int, output: int) -> dict[str, Any]:
    """What the script's process wrote of itself: hints for people, never part of the verdict."""
    found: dict[str, Any] = {"leniencies": [], "error": None}
    for line in _tail(notes, 60_000).splitlines():
        with contextlib.suppress(ValueError, AttributeError, TypeError):
            note = json.loads(line)
            if "leniency" in note and str(note["leniency"]) not in found["leniencies"]:
                found["leniencies"].append(str(note["leniency"])[:200])
            if "error" in note:
                found["error"] = {str(key): str(value)[:2000] for key, value in note["error"].items()}
    found["output"] = _tail(output, OUTPUT_SHOWN)
    os.close(notes)
    os.close(output)
    return found


def _read_fetched(descriptor: int) -> list[str]:
    """The repositories that the hub gave files of since the last time, in order, in its own words."""
    text = b""
    with contextlib.suppress(BlockingIOError):
        while block := os.read(descriptor, 65536):
            text += block
    return list(dict.fromkeys(text.decode().splitlines()))


def _tail(descriptor: int, size: int) -> str:
    end = os.fstat(descriptor).st_size
    return os.pread(descriptor, size, max(0, end - size)).decode(errors="replace")


if __name__ == "__main__":
    main()
