"""The system calls that a script is refused: those that look into, or reach out of, a sandbox.

Refused calls fail with an errno, as on a machine that lacks them, so that libraries take their usual way
around. Leaves out an allow-list: torch and its kin use most of the rest.
"""

from __future__ import annotations

import errno
import platform
import struct

from callwright_training.execution.inside.kernel import CLONE_ANY_NEW

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# name: number on x86_64, number on aarch64
_REFUSED = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "vhangup": (153, 58),
}
# Missing rather than forbidden: callers then fall back to clone, whose flags a filter can read.
_MISSING = {"clone3": (435, 435), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426)}
_CLONE = (56, 220)
_SOCKET = (41, 198)
_FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6
_X32 = 0x40000000

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_KILL, _ALLOW = 0x80000000, 0x7FFF0000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets into struct seccomp_data


def filter_program(machine: str | None = None) -> bytes:
    """The BPF program, eight bytes an instruction.

    Raises:
        OSError: We know no system call numbers for this machine.
    """
    machine = machine or platform.machine()
    if machine not in _ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"no system call filter for {machine}")
    column = list(_ARCHITECTURES).index(machine)
    lines = [
        _line(_LOAD, _ARCHITECTURE),
        _line(_EQUAL, _ARCHITECTURES[machine], 1, 0),
        _line(_RETURN, _KILL),
        _line(_LOAD, _NUMBER),
    ]
    if machine == "x86_64":  # the x32 calls have other numbers for the same deeds
        lines += [_line(_AT_LEAST, _X32, 0, 1), _line(_RETURN, _KILL)]
    for numbers in _REFUSED.values():
        lines += _refuse(numbers[column], errno.EPERM)
    for numbers in _MISSING.values():
        lines += _refuse(numbers[column], errno.ENOSYS)
    lines += _clone(_CLONE[column]) + _socket(_SOCKET[column])
    lines.append(_line(_RETURN, _ALLOW))
    return b"".join(lines)


def _line(code: int, value: int, when: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, when, otherwise, value)


def _error(number: int) -> bytes:
    return _line(_RETURN, 0x00050000 | number)


def _refuse(call: int, number: int) -> list[bytes]:
    return [_line(_EQUAL, call, 0, 1), _error(number)]


def _clone(call: int) -> list[bytes]:
    body = [
        _line(_LOAD, _FIRST_ARGUMENT),
        _line(_ANY_BIT, CLONE_ANY_NEW & ~0xFF, 0, 1),  # the low byte is the exit signal
        _error(errno.EPERM),
        _line(_RETURN, _ALLOW),
    ]
    return [_line(_EQUAL, call, 0, len(body)), *body]


def _socket(call: int) -> list[bytes]:
    families = [
        _line(_EQUAL, family, len(_FAMILIES) - position, 0) for position, family in enumerate(_FAMILIES)
    ]
    body = [_line(_LOAD, _FIRST_ARGUMENT), *families, _error(errno.EAFNOSUPPORT), _line(_RETURN, _ALLOW)]
    return [_line(_EQUAL, call, 0, len(body)), *body]
