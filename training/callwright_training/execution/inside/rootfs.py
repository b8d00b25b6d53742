"""The files a sandbox sees: a read-only root with the system, the environment and nothing of the user's."""

from __future__ import annotations

import os
import re
from pathlib import Path

from callwright_training.execution.inside import kernel, warm_cache

SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32")
_ETC = (
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "fonts",
    "alternatives",
    "magic",
)
_ETC_TEXT = {
    "passwd": "root:x:0:0:root:/tmp/home:/bin/sh\nnobody:x:65534:65534:nobody:/tmp/home:/bin/sh\n",
    "group": "root:x:0:\nnogroup:x:65534:\n",
    "hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "resolv.conf": "",
    "hostname": "sandbox\n",
}
_DEVICES = ("null", "zero", "full", "random", "urandom")
_OLD = "/.old"
# What a mount of the host forbids, a mount made of it must go on forbidding.
_KEPT_FLAGS = {
    "nosuid": kernel.MS_NOSUID,
    "nodev": kernel.MS_NODEV,
    "noexec": kernel.MS_NOEXEC,
    "noatime": 1024,
    "nodiratime": 2048,
    "relatime": 1 << 21,
}


def build(binds: list[tuple[str, str]], scratch_bytes: int) -> None:
    """Replace the root folder, in a mount namespace that is this process's own.

    Args:
        binds: Folders and files to show read-only besides the system: where they are, and where to show them.
        scratch_bytes: How much ``/tmp`` may hold.

    Raises:
        OSError: The kernel refuses a mount.
    """
    kernel.mount("none", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
    base = "/tmp"  # noqa: S108 - any folder will do; what it holds comes back below .old
    kernel.mount("tmpfs", base, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=0755,size=1m")
    Path(base, ".old").mkdir(mode=0o755)
    kernel.pivot_root(base, base + _OLD)
    os.chdir("/")
    os.umask(0o022)
    for name in SYSTEM:
        _show_system(name)
    _make_etc()
    _make_devices()
    Path("/proc").mkdir()
    kernel.mount("proc", "/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)
    # Before the binds: an environment may itself lie below /tmp.
    Path(warm_cache.FOLDER).mkdir()
    Path("/tmp").mkdir()  # noqa: S108
    mount_scratch("/tmp", f"mode=1777,size={scratch_bytes}")  # noqa: S108
    for source, target in binds:
        _bind(_OLD + os.path.realpath(_OLD + source).removeprefix(_OLD), target)
    kernel.unmount(_OLD)
    Path(_OLD).rmdir()
    _make_read_only("/", with_below=False)


def mount_scratch(target: str, options: str) -> None:
    """Mount an empty, writable, size-limited folder."""
    kernel.mount("tmpfs", target, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, options)


def shown_below(folder: str) -> list[tuple[str, int]]:
    """What is mounted below a folder, each with a descriptor that reaches it once the folder is hidden."""
    points = [point for point, _ in _mounts() if point.startswith(folder + "/")]
    return [(point, os.open(point, os.O_PATH)) for point in points]


def show_again(shown: list[tuple[str, int]]) -> None:
    """Mount again, read-only, what :func:`shown_below` found. Needs ``/proc`` of this process."""
    for point, descriptor in shown:
        _bind(f"/proc/self/fd/{descriptor}", point)


def _show_system(name: str) -> None:
    source = Path(_OLD, name)
    if source.is_symlink():
        Path("/", name).symlink_to(os.readlink(source))
    elif source.is_dir():
        _bind(str(source), f"/{name}")


def _make_etc() -> None:
    Path("/etc").mkdir()
    for name, text in _ETC_TEXT.items():
        Path("/etc", name).write_text(text, encoding="utf-8")
    for name in _ETC:
        source = Path(_OLD, "etc", name)
        if source.is_file() or source.is_dir():
            _bind(str(source), f"/etc/{name}")
    certificates = Path(_OLD, "etc/ssl/certs")
    if certificates.is_dir():
        _bind(str(certificates), "/etc/ssl/certs")


def _make_devices() -> None:
    Path("/dev").mkdir()
    Path("/dev/shm").mkdir()  # noqa: S108
    for name in _DEVICES:
        Path("/dev", name).touch()
        kernel.mount(f"{_OLD}/dev/{name}", f"/dev/{name}", "", kernel.MS_BIND)
    for name, target in {"fd": "fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}.items():
        Path("/dev", name).symlink_to(f"/proc/self/{target}")


def _bind(source: str, target: str) -> None:
    if os.path.ismount(target) or not os.path.exists(source):
        return
    path = Path(target)
    if os.path.isdir(source):
        if path.is_dir() and any(path.iterdir()) and target.startswith(("/usr/", "/lib")):
            return  # shown already with the system
        path.mkdir(parents=True, exist_ok=True)
    elif not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    kernel.mount(source, target, "", kernel.MS_BIND | kernel.MS_REC)
    _make_read_only(target, with_below=True)


def _make_read_only(target: str, *, with_below: bool) -> None:
    prefix = target.rstrip("/") + "/"
    for point, options in _mounts():
        if point == target or (with_below and point.startswith(prefix)):
            kept = sum(_KEPT_FLAGS.get(option, 0) for option in options)
            flags = kernel.MS_BIND | kernel.MS_REMOUNT | kernel.MS_RDONLY | kernel.MS_NOSUID
            kernel.mount("none", point, "", flags | kept)


def _mounts() -> list[tuple[str, list[str]]]:
    """Mount points and their options; read as bytes: the codecs' files may be out of sight just now."""
    table = Path("/proc/self/mountinfo")
    lines = (table if table.exists() else Path(_OLD + str(table))).read_bytes().splitlines()
    rows = [line.split(b" ") for line in lines]
    return [(os.fsdecode(_unescape(row[4])), os.fsdecode(row[5]).split(",")) for row in rows]


def _unescape(text: bytes) -> bytes:
    return re.sub(rb"\\([0-7]{3})", lambda match: bytes([int(match[1], 8)]), text)
