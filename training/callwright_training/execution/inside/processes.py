"""What a script's processes are and hold, read from ``/proc``, and how to end them all."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path


def descendants(roots: list[int]) -> set[int]:
    """The processes below these, the roots left out."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                stat = Path("/proc", name, "stat").read_bytes()
                parent = int(stat[stat.rindex(b")") + 2 :].split()[1])
                children.setdefault(parent, []).append(int(name))
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return found


def anonymous_memory(pid: int) -> int:
    """Bytes of memory that are this process's own (copies of its parent's pages included)."""
    total = 0
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in (
            Path("/proc", str(pid), "status").read_text(encoding="ascii", errors="replace").splitlines()
        ):
            if line.startswith(("RssAnon:", "RssShmem:")):
                total += int(line.split()[1]) * 1024
    return total


def count_threads(uid: int) -> int:
    """Threads that this user has now: where the sandbox shares its user, a limit must leave room for them."""
    total = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                if os.stat(f"/proc/{name}").st_uid == uid:
                    total += len(os.listdir(f"/proc/{name}/task"))
    return total


def kill_descendants(pid: int, uid: int | None, *, confined: bool) -> None:
    """End every process below this one, orphans included.

    Args:
        pid: The process whose children and adopted orphans are to go.
        uid: The user id that only the script has, where it has one.
        confined: Whether the end of a PID namespace takes care of the rest.
    """
    deadline = time.monotonic() + 5.0
    while time.monotonic() < deadline:
        for child in _children(pid) if confined else descendants([pid]):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)
        if not confined and uid is not None:
            _kill_user(uid)
        if not _reap():
            return


def _children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return list(descendants([pid]))
    return [int(word) for word in text.split()]


def _reap() -> bool:
    """Collect one or more ended children; whether any is left."""
    try:
        while True:
            found, _ = os.waitpid(-1, os.WNOHANG)
            if found == 0:
                time.sleep(0.001)
                return True
    except ChildProcessError:
        return False


def _kill_user(uid: int) -> None:
    helper = os.fork()
    if helper == 0:
        with contextlib.suppress(OSError):
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            os.kill(-1, signal.SIGKILL)
        os._exit(0)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(helper, 0)
