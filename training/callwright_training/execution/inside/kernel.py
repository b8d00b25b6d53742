"""The few Linux system calls that Python 3.11 has no function for, raising ``OSError`` as Python's own do."""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import socket
import struct

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
CLONE_ANY_NEW = 0x7E020080
"""Every namespace flag of ``clone``, the time namespace included."""

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_SECCOMP = 22
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

CAPABILITIES = 41
"""How many capabilities are numbered; dropping one that the kernel does not know is an error we ignore."""

_COLLAPSE = 25  # MADV_COLLAPSE

_LIBC = ctypes.CDLL(None, use_errno=True)
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    """Leave the namespaces that the flags name for new ones."""
    _checked(_LIBC.unshare(flags), "unshare")


def setns(descriptor: int, kind: int = 0) -> None:
    """Enter the namespace behind a descriptor of ``/proc/PID/ns/…``."""
    _checked(_LIBC.setns(descriptor, kind), "setns")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """``mount(2)``."""
    arguments = (source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), options.encode())
    _checked(_LIBC.mount(*arguments), f"mount {source} on {target}")


def unmount(target: str) -> None:
    """Detach what is mounted there, at once and with everything below."""
    _checked(_LIBC.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    """Make ``new`` the root folder and put the old root at ``old``."""
    number = _PIVOT_ROOT[platform.machine()]
    _checked(_LIBC.syscall(number, new.encode(), old.encode()), "pivot_root")


def prctl(option: int, value: int = 0) -> None:
    """``prctl(2)`` with one argument."""
    _checked(_LIBC.prctl(option, ctypes.c_ulong(value), 0, 0, 0), f"prctl {option}")


def bound_capabilities(kept: frozenset[int] = frozenset()) -> None:
    """Let this process and its children never again gain a capability but these."""
    for capability in range(CAPABILITIES):
        if capability not in kept:
            _LIBC.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0)


def keep_capabilities(kept: frozenset[int] = frozenset()) -> None:
    """Drop every capability but these, for good."""
    bound_capabilities(kept)
    mask = sum(1 << capability for capability in kept)
    low, high = mask & 0xFFFFFFFF, mask >> 32
    header = struct.pack("=Ii", 0x20080522, 0)
    data = struct.pack("=6I", low, low, 0, high, high, 0)
    _checked(_LIBC.capset(header, data), "capset")


def collapse(start: int, length: int) -> None:
    """Put memory of this process on large pages at once; Linux 6.1 or newer."""
    _checked(_LIBC.madvise(ctypes.c_void_p(start), ctypes.c_size_t(length), _COLLAPSE), "madvise")


def raise_loopback() -> None:
    """Bring up ``lo``, which a new network namespace has switched off."""
    request = struct.pack("16sH14x", b"lo", 0x1 | 0x40)  # IFF_UP | IFF_RUNNING
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        fcntl.ioctl(handle, 0x8914, request)  # SIOCSIFFLAGS


def install_filter(program: bytes) -> None:
    """Install a compiled seccomp filter (see :mod:`.seccomp`) for this process and its children, for good."""
    buffer = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    _checked(_LIBC.prctl(PR_SET_SECCOMP, 2, head, 0, 0), "seccomp")
