"""How the warm parent tells that a script ran to its end, without believing a word the script says.

Everything in a script's own process can be forged by the script: exit codes, files, pipes, patched
functions. So the proof is a *place*. Before the script starts, its main thread calls ``read`` in one frame
of ours and waits; the judge notes from ``/proc/PID/syscall`` where the stack pointer and the instruction
pointer stand. After the script, the same frame calls ``read`` again. While any code of the script is still
on the main thread's C stack, that pointer stands deeper; it is back at the same place only when the script
has returned. An exception passes a frame of ours first, which puts an ``F`` on record before anything else
happens.

What this does not stop is machine code written for the purpose; an audit hook refuses scripts the ways to it
(``ctypes``), and such a script would win nothing that ``try: … except: pass`` does not win too.
"""

from __future__ import annotations

import contextlib
import os
import platform
import select
import signal
import time
from pathlib import Path
from typing import Any

from callwright_training.execution.inside.processes import anonymous_memory, descendants

DOWN = 3
"""The descriptor on which a script's process waits for the judge."""
_READ = {"x86_64": 0, "aarch64": 63}
_ARRIVAL, _STANDSTILL = 20.0, 1.0
"""Seconds that a script's process may take to the end: in all, and while it stands still elsewhere. A process
that only waits for a processor does not stand still, however busy the machine is."""
_TICK = 0.05

Place = tuple[str, str]


def watch(
    child: int, from_script: int, to_script: int, limits: dict[str, Any], roots: list[int], base_memory: int
) -> dict[str, Any]:
    """Follow one script to its end.

    Args:
        child: Its process.
        from_script: Where its letters arrive: S (about to start), E (ended), F (failed), X (forbidden means).
        to_script: Where its process waits for leave to go on.
        limits: ``wall`` in seconds and ``memory`` in bytes, among others.
        roots: Processes whose descendants' memory counts.
        base_memory: Bytes that every copy of the warm parent has from birth.

    Returns:
        ``ok`` and, where false, ``how``: what stopped it (``raised``, ``left``, ``timeout``, ``memory``,
        ``signal N``, ``forged``).
    """
    deadline = time.monotonic() + limits["wall"]
    letters = b""
    start: Place | None = None
    ended = os.pidfd_open(child)
    poller = select.poll()
    poller.register(from_script, select.POLLIN)
    poller.register(ended, select.POLLIN)
    try:
        while True:
            events = dict(poller.poll(_TICK * 1000))
            if from_script in events:
                if new := os.read(from_script, 4096):
                    letters = (letters + new)[-8192:]
                else:
                    poller.unregister(from_script)
            if b"X" in letters:
                return _let_finish(ended, {"ok": False, "how": "forged"})
            if b"F" in letters:
                return _let_finish(ended, {"ok": False, "how": "raised"})
            if start is None and letters.startswith(b"S"):
                start = _place(child, deadline)
                if start is None:
                    return {"ok": False, "how": "forged"}
                os.write(to_script, b".")
            if start is not None and b"E" in letters[1:]:
                return _judge_end(child, start, from_script, deadline)
            if ended in events:
                return {"ok": False, "how": _how_it_died(child)}
            if time.monotonic() > deadline:
                return {"ok": False, "how": "timeout"}
            if not events and _memory(roots, base_memory) > limits["memory"]:
                return {"ok": False, "how": "memory"}
    finally:
        os.close(ended)


def _judge_end(child: int, start: Place, from_script: int, deadline: float) -> dict[str, Any]:
    """The script's process says that it has ended: look whether it stands where it started."""
    until = min(deadline, time.monotonic() + _ARRIVAL)
    arrived = _place(child, until, wanted=start, standstill=_STANDSTILL) is not None
    more = os.read(from_script, 4096) if select.select([from_script], [], [], 0)[0] else b""
    if b"F" in more:
        return {"ok": False, "how": "raised"}
    arrived = arrived and b"X" not in more
    return {"ok": True, "how": "finished"} if arrived else {"ok": False, "how": "forged"}


def _place(
    child: int, until: float, wanted: Place | None = None, standstill: float = float("inf")
) -> Place | None:
    """Where the main thread stands once it waits in ``read(DOWN)``; ``None`` if it does not come there.

    Args:
        child: Its process.
        until: When to give up.
        wanted: The only place that counts.
        standstill: Give up earlier where it has waited elsewhere for so many seconds.
    """
    number = str(_READ.get(platform.machine(), -1))
    path = Path("/proc", str(child), "syscall")
    pause = 0.00005
    moved = time.monotonic()
    while True:
        with contextlib.suppress(OSError):
            fields = path.read_text(encoding="ascii").split()
            if len(fields) == 9 and fields[0] == number and int(fields[1], 16) == DOWN:
                place = (fields[7], fields[8])
                if wanted is None or place == wanted:
                    return place
            elif fields == ["running"]:
                moved = time.monotonic()
        now = time.monotonic()
        if now > until or now - moved > standstill:
            return None
        time.sleep(pause)
        pause = min(pause * 2, 0.01)


def _let_finish(ended: int, verdict: dict[str, Any]) -> dict[str, Any]:
    """Give a failed script's process a moment to write down what happened."""
    poller = select.poll()
    poller.register(ended, select.POLLIN)
    poller.poll(2000)
    return verdict


def _how_it_died(child: int) -> str:
    state = os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    if state is None or state.si_code == os.CLD_EXITED:
        return "left"
    if state.si_status == signal.SIGXCPU:
        return "timeout"
    return f"signal {state.si_status}"


def _memory(roots: list[int], base: int) -> int:
    pids = descendants(roots) | set(roots[:1] if roots[0] != os.getpid() else ())
    return sum(max(0, anonymous_memory(pid) - base) for pid in pids)
