"""The life of a script's process, from the fork to its end: confine itself, help the script, run it, report.

What matters for the verdict is :func:`_cross`; the rest is order. See :mod:`.judge` for why it is written so.
"""

from __future__ import annotations

import _thread
import ast
import contextlib
import functools
import io
import json
import os
import random
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, ModuleType
from typing import Any

from callwright_training.execution.inside import fixtures, kernel, seccomp
from callwright_training.execution.inside.processes import count_threads

DOWN, UP, NOTES = 3, 4, 5
SCRIPT = "script.py"
_FORBIDDEN = frozenset(
    {"gc.get_objects", "gc.get_referrers", "gc.get_referents", "sys.settrace", "sys.setprofile"}
)


@dataclass(frozen=True)
class Cell:
    """Where a script goes: a user id, and namespaces where there are some."""

    uid: int
    folder: str
    """The script's own folder, which it sees as its ``/tmp`` or below the common one."""
    pid: int = 0
    """Its first process; 0 where there is none."""
    namespaces: tuple[int, ...] = ()
    """Descriptors of its PID, mount and IPC namespaces."""

    def take_next_child(self) -> None:
        """Make the next forked child a process of this cell's PID namespace."""
        if self.namespaces:
            kernel.setns(self.namespaces[0], kernel.CLONE_NEWPID)


@dataclass(frozen=True)
class Ends:
    """The descriptors that a script's process gets."""

    down: int
    up: int
    output: int
    notes: int


def become_script(plan: dict[str, Any], job: dict[str, Any], cell: Cell, ends: Ends) -> None:
    """Run in the forked child; never returns."""
    try:
        for namespace in cell.namespaces[1:]:
            kernel.setns(namespace)
        _keep_only(ends)
        _confine(plan, cell.uid, cell.folder)
        code = _prepare(job, lenient=bool(job.get("lenient")))
        _have_had_a_thread()
        random.seed(0)  # which forking has just seeded with chance
    except BaseException as error:
        os.write(UP, b"F")
        _report(error)
        os._exit(1)
    leave = os._exit
    try:
        _cross(os.write, os.read, functools.partial(_run, code, _namespace(code), os.write, leave))
    finally:
        leave(1)


def _have_had_a_thread() -> None:
    """Start a thread and see it end: from a process's first one on, the C library waits in another place."""
    ended = _thread.allocate_lock()
    ended.acquire()
    _thread.start_new_thread(ended.release, ())
    ended.acquire()


def _cross(write: Callable[..., int], read: Callable[..., bytes], run: Callable[[], None]) -> None:
    """Stand at the start, run, stand at the end: both waits at one depth of the C stack.

    Built-in functions only, held in local variables, so that nothing a script patches is looked up here.
    ``run`` is a ``partial``, which makes the interpreter go one C frame deeper for everything that belongs
    to the script.
    """
    write(4, b"S")
    read(3, 1)
    run()
    write(4, b"E")
    read(3, 1)


def _run(
    code: CodeType, namespace: dict[str, Any], write: Callable[..., int], leave: Callable[[int], None]
) -> None:
    caught, exiting, kind, getpid = (
        BaseException,
        SystemExit,
        type,
        os.getpid,
    )  # as they are before the script
    ours = getpid()
    try:
        exec(code, namespace)  # noqa: S102 - what all of this is for
    except caught as error:
        if kind(error) is not exiting or not _left_at_end(error, code):
            write(4, b"F")  # on record before any code of the script can run again
            _report(error)
            leave(1)
    if getpid() != ours:  # a forked child of the script came along
        leave(0)


def _left_at_end(error: BaseException, code: CodeType) -> bool:
    """Whether ``sys.exit()`` was the script's last statement, which ends it as the end of the file does."""
    step = error.__traceback__.tb_next if error.__traceback__ else None
    status = error.code if isinstance(error, SystemExit) else 1
    return status in (None, 0) and step is not None and step.tb_lineno >= _LAST_LINE.get(code, 1 << 30)


_LAST_LINE: dict[CodeType, int] = {}


def _prepare(job: dict[str, Any], *, lenient: bool) -> CodeType:
    """Compile the script; where leniency is asked for, lay out inputs and forgive what the machine lacks."""
    tree = ast.parse(job["code"], SCRIPT)
    if lenient:
        tree = fixtures.help_along(tree, note_leniency)
    code = compile(tree, SCRIPT, "exec", dont_inherit=True)
    if tree.body:
        _LAST_LINE[code] = tree.body[-1].lineno
    return code


def _namespace(code: CodeType) -> dict[str, Any]:
    """A fresh ``__main__``, and the guard against ways to machine code, which cannot be taken off again."""
    module = ModuleType("__main__")
    module.__dict__["__file__"] = SCRIPT
    module.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = module
    sys.argv = [SCRIPT]
    sys.path.insert(0, os.getcwd())
    sys.addaudithook(_guard(sys._getframe, os.write, os._exit, _FORBIDDEN, SCRIPT, _note_forbidden))
    return module.__dict__


def _guard(
    frame: Callable[[int], Any],
    write: Callable[..., int],
    leave: Callable[[int], None],
    forbidden: frozenset[str],
    script: str,
    note: Callable[[str], None],
) -> Callable[[str, tuple[Any, ...]], None]:
    def hook(event: str, _: tuple[Any, ...]) -> None:
        if event in forbidden or event.startswith("ctypes."):
            caller = frame(1)
            while caller is not None and caller.f_globals.get("__name__", "").startswith("ctypes"):
                caller = caller.f_back
            if caller is not None and caller.f_code.co_filename == script:
                write(4, b"X")
                note(event)
                leave(1)

    return hook


def _keep_only(ends: Ends) -> None:
    """Put our descriptors in their places and close every other one."""
    os.setsid()
    high = [os.dup2(end, 200 + i) for i, end in enumerate((ends.down, ends.up, ends.notes, ends.output))]
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for target, source in ((DOWN, high[0]), (UP, high[1]), (NOTES, high[2])):
        os.dup2(source, target, inheritable=False)
    os.dup2(high[3], 1)
    os.dup2(high[3], 2)
    os.closerange(6, 65536)
    sys.stdin = io.TextIOWrapper(os.fdopen(0, "rb", closefd=False), encoding="utf-8")
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = io.TextIOWrapper(
            os.fdopen(number, "wb", buffering=0, closefd=False),
            "utf-8",
            "replace",
            write_through=True,
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _confine(plan: dict[str, Any], uid: int, folder: str) -> None:
    limits = plan["limits"]
    own = plan["uids"][1] - plan["uids"][0] > 1
    _limit(limits, threads=0 if own else count_threads(uid))
    kernel.bound_capabilities()
    if own:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    kernel.keep_capabilities()
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)
    kernel.install_filter(seccomp.filter_program())
    for name in ("home", "work"):
        os.makedirs(f"{folder}/{name}", exist_ok=True)
    os.chdir(f"{folder}/work")
    os.environ.update(HOME=f"{folder}/home", TMPDIR=folder, USER="nobody")
    for number in range(1, signal.NSIG):
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _limit(limits: dict[str, Any], threads: int) -> None:
    with open("/proc/self/statm", encoding="ascii") as handle:
        mapped = int(handle.read().split()[0]) * resource.getpagesize()
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as handle:
        handle.write("1000")  # where memory runs out, the script goes, not its judge
    address_space = mapped + limits["address_space"]
    resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu"], limits["cpu"] + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits["file"], limits["file"]))
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits["open_files"], limits["open_files"]))
    resource.setrlimit(resource.RLIMIT_NPROC, (limits["processes"] + threads, limits["processes"] + threads))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (0, 0))


def _note(note: dict[str, Any]) -> None:
    with contextlib.suppress(OSError):
        os.write(NOTES, json.dumps(note).encode() + b"\n")


def note_leniency(text: str) -> None:
    """Put on record that the script was helped."""
    _note({"leniency": text})


def _note_forbidden(event: str) -> None:
    _note({"error": {"type": "Forbidden", "message": f"a script may not use {event}"}})


def _report(error: BaseException) -> None:
    """Write down what was raised, for people; the verdict stands already."""
    try:
        steps = traceback.extract_tb(error.__traceback__)
        line = next((step.lineno for step in reversed(steps) if step.filename == SCRIPT), None)
        if isinstance(error, SyntaxError) and line is None:
            line = error.lineno
        message = str(error)[:1500]
        text = "".join(traceback.format_exception(error, limit=-6, chain=False))[-1500:]
    except BaseException:  # a script's own exception class may raise while being printed
        line, message, text = None, "", ""
    kind = type(error)
    names = ",".join(parent.__name__ for parent in kind.__mro__[:-2])
    _note(
        {
            "error": {
                "type": kind.__name__,
                "kinds": names,
                "message": message,
                "line": line,
                "traceback": text,
            }
        }
    )
