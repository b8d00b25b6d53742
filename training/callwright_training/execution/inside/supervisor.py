"""The first process of a sandbox: namespaces, hub, warm parent, and a cell for each script.

Started by :mod:`callwright_training.execution.sandbox` with a plan (JSON) as its one argument. Its standard
input and output belong to the warm parent; what goes wrong before that is one JSON line ``{"error": …}``.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from callwright_training.execution.inside import hub_server, kernel, rootfs, warm_cache
from callwright_training.execution.inside.cell import close_cell, open_cell

FIRST_UID = 1000
"""The first user id inside that scripts get, where the sandbox has more than one."""
_OUTER_UIDS = 0x70000000
_UIDS = 60000
# CHOWN, DAC_OVERRIDE, FOWNER, KILL, SETGID, SETUID, SETPCAP, SYS_CHROOT, SYS_PTRACE, SYS_ADMIN, SYS_RESOURCE
_KEPT = frozenset({0, 1, 3, 5, 6, 7, 8, 18, 19, 21, 24})


def main() -> None:
    """Set up what the plan says and serve until the warm parent ends."""
    plan: dict[str, Any] = json.loads(sys.argv[1])
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        if plan["sandbox"] == "namespaces":
            _enter_namespaces(plan)
        else:
            kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
            own = os.getuid() == 0
            _serve(
                plan, range(_OUTER_UIDS, _OUTER_UIDS + _UIDS) if own else range(os.getuid(), os.getuid() + 1)
            )
    except OSError as error:
        _fail(f"{error.strerror or error}")


def _fail(message: str) -> None:
    os.write(1, json.dumps({"error": message}).encode() + b"\n")
    os._exit(3)


def _enter_namespaces(plan: dict[str, Any]) -> None:
    outside, inside = socket.socketpair()
    child = os.fork()
    if child == 0:
        outside.close()
        try:
            _become_first(plan, inside)
        except BaseException as error:
            _fail(f"{type(error).__name__}: {error}")
    inside.close()
    if outside.recv(1):
        uids = _map_users(child)
        outside.sendall(uids.to_bytes(4, "big"))
    _, status = os.waitpid(child, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _map_users(child: int) -> int:
    """Give the new user namespace its users; returns how many ids it has."""
    folder = Path("/proc", str(child))
    uid, gid = os.getuid(), os.getgid()
    if uid == 0:
        try:
            text = f"0 0 1\n1 {_OUTER_UIDS} {_UIDS}\n"
            (folder / "gid_map").write_text(text, encoding="ascii")
            (folder / "uid_map").write_text(text, encoding="ascii")
        except OSError:  # a container that has no spare ids itself
            pass
        else:
            return _UIDS
    (folder / "setgroups").write_text("deny", encoding="ascii")
    (folder / "uid_map").write_text(f"0 {uid} 1", encoding="ascii")
    (folder / "gid_map").write_text(f"0 {gid} 1", encoding="ascii")
    return 1


def _become_first(plan: dict[str, Any], line: socket.socket) -> None:
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    kinds = (
        kernel.CLONE_NEWUSER,
        kernel.CLONE_NEWNS,
        kernel.CLONE_NEWNET,
        kernel.CLONE_NEWIPC,
        kernel.CLONE_NEWUTS,
    )
    kernel.unshare(sum(kinds) | kernel.CLONE_NEWPID)
    line.sendall(b"+")
    uids = int.from_bytes(line.recv(4), "big")
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    first = os.fork()
    if first:
        for standard in (0, 1):
            os.close(standard)
        _, status = os.waitpid(first, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    socket.sethostname("sandbox")
    kernel.raise_loopback()
    rootfs.build([(source, target) for source, target in plan["binds"]], plan["limits"]["scratch"])
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.keep_capabilities(_KEPT)
    _serve(plan, range(FIRST_UID, _UIDS) if uids > 1 else range(1))


def _serve(plan: dict[str, Any], uids: range) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    plan = {**plan, "uids": [uids.start, uids.stop], "line": theirs.fileno()}
    plan["fetched"] = (
        _start_hub(plan["hub"], plan["port"], uids) if plan["hub"] else os.open(os.devnull, os.O_RDONLY)
    )
    command = [plan["python"], "-s", "-P", "-B", plan["code"] + "/warm_parent.py", json.dumps(plan)]
    parent = subprocess.Popen(
        command, pass_fds=[theirs.fileno(), plan["fetched"]], env=plan["variables"], cwd="/"
    )
    theirs.close()
    for standard in (0, 1):  # the warm parent alone speaks with the host
        os.close(standard)
    if plan["hub"] and plan["sandbox"] == "namespaces":  # while the warm parent imports
        _fill_cache(Path(plan["hub"]))
    _answer(ours, plan)
    parent.kill()
    os._exit(parent.wait() & 0xFF)


def _start_hub(folder: str, port: int, uids: range) -> int:
    """Start the hub's process; returns where it tells what was fetched."""
    listener = hub_server.listen(port)
    fetched, told = os.pipe2(os.O_NONBLOCK)
    if os.fork():
        listener.close()
        os.close(told)
        return fetched
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    for standard in (0, 1):
        os.close(standard)
    if len(uids) > 1:
        last = uids.stop - 1
        os.setgroups([])
        os.setresgid(last, last, last)
        os.setresuid(last, last, last)
    kernel.keep_capabilities()
    hub_server.serve(listener, Path(folder), told)
    os._exit(0)


def _fill_cache(hub: Path) -> None:
    """Have a child do it: each cell starts as a copy of this process, which had better stay small."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            warm_cache.build(hub)
            code = 0
        finally:
            os._exit(code)
    os.waitpid(child, 0)


def _answer(line: socket.socket, plan: dict[str, Any]) -> None:
    """Open a cell for each message with a uid, close it for each with a minus sign and a process id."""
    limits = plan["limits"]
    cache = f"{plan['variables']['HF_HOME']}/hub" if plan["hub"] else None
    while request := line.recv(64):
        if request.startswith(b"-"):
            close_cell(int(request[1:]))
            continue
        try:
            pid, namespaces = open_cell(int(request), limits["scratch"], limits["files"], cache)
        except OSError as error:
            line.send(f"!{error}".encode())
            continue
        socket.send_fds(line, [str(pid).encode()], namespaces)
        for namespace in namespaces:
            os.close(namespace)


if __name__ == "__main__":
    main()
