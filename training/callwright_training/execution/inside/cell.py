"""A cell: the PID, mount and IPC namespaces of one script, held open by a process it cannot end.

Killing that process kills whatever the script left behind, wherever it hid.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time

from callwright_training.execution.inside import kernel, rootfs, warm_cache


def open_cell(uid: int, scratch_bytes: int, files: int, cache: str | None) -> tuple[int, list[int]]:
    """Make a cell; returns its first process's id and descriptors of its PID, mount and IPC namespaces.

    Args:
        uid: Who owns the cell's ``/tmp``.
        scratch_bytes: How much ``/tmp`` and ``/dev/shm`` may hold, each.
        files: How many files each may hold.
        cache: Where scripts look for what was downloaded before; ``None`` where there is no hub.

    Raises:
        OSError: The kernel refuses a namespace or a mount.
    """
    kernel.unshare(kernel.CLONE_NEWPID)  # concerns the next child only
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    child = os.fork()
    if child == 0:
        ours.close()
        _hold(theirs, uid, f"mode=0700,uid={uid},gid={uid},size={scratch_bytes},nr_inodes={files}", cache)
    theirs.close()
    own = os.open("/proc/self/ns/pid", os.O_RDONLY)
    kernel.setns(own, kernel.CLONE_NEWPID)
    os.close(own)
    with ours:
        answer, namespaces, _, _ = socket.recv_fds(ours, 1024, 3)
    if answer != b"+":
        os.waitpid(child, 0)
        raise OSError(answer.decode(errors="replace"))
    return child, namespaces


def close_cell(pid: int) -> None:
    """End a cell and every process in it, and wait until they are gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def _hold(told: socket.socket, uid: int, options: str, cache: str | None) -> None:
    try:
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        # A script may run under the same uid: with no handler installed and all blocked, no signal reaches
        # us.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # orphans vanish when they end
        signal.pthread_sigmask(signal.SIG_SETMASK, set(signal.Signals))
        kernel.unshare(kernel.CLONE_NEWNS | kernel.CLONE_NEWIPC)
        os.umask(0o022)
        namespaces = [os.open(f"/proc/self/ns/{kind}", os.O_RDONLY) for kind in ("pid", "mnt", "ipc")]
        shown = rootfs.shown_below("/tmp")  # noqa: S108
        rootfs.mount_scratch("/tmp", options)  # noqa: S108
        rootfs.mount_scratch("/dev/shm", options)  # noqa: S108
        if cache:
            warm_cache.lay_over(cache, uid, options)
        kernel.mount("proc", "/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
        rootfs.show_again(shown)
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
        kernel.keep_capabilities()
        socket.send_fds(told, [b"+"], namespaces)
        os.closerange(0, 4096)
    except BaseException as error:
        told.send(f"{type(error).__name__}: {error}".encode()[:1000])
        os._exit(1)
    while True:
        time.sleep(3600)
