"""A download cache that holds the hub's repositories already, as on a machine that has used them before.

Libraries look there first: a script then asks the hub once for each repository instead of once or twice for
each file. The cache has the layout of ``huggingface_hub``, links into the hub's folder for files, and is
shared; each cell lays a writable layer of its own over it. Where the kernel has no such layers, scripts
download what they need.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from callwright_training.execution.inside import kernel
from callwright_training.execution.inside.hub_server import Repository, read_index

FOLDER = "/cache"
"""Where the sandbox has it."""
_ASKED_IN_VAIN = (
    "adapter_config.json",
    "added_tokens.json",
    "chat_template.jinja",
    "config_sentence_transformers.json",
    "generation_config.json",
    "merges.txt",
    "model.safetensors",
    "model.safetensors.index.json",
    "preprocessor_config.json",
    "processor_config.json",
    "pytorch_model.bin.index.json",
    "sentencepiece.bpe.model",
    "special_tokens_map.json",
    "spiece.model",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "vocab.json",
    "vocab.txt",
)
"""Files that libraries look for and do without; that a repository lacks one is in the cache too."""


def build(hub: Path) -> None:
    """Fill the cache, and make it read-only. For a process of its own: it takes away the mask of new files.

    Raises:
        OSError: The kernel refuses the mount.
    """
    kernel.mount("tmpfs", FOLDER, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=0777")
    try:
        os.umask(0)  # whoever a script runs as: what it writes goes to its own layer
        for repository in read_index(hub).values():
            _add(repository, hub)
    finally:
        flags = kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV
        kernel.mount("none", FOLDER, "", flags)


def lay_over(target: str, uid: int, options: str) -> None:
    """Show the cache at ``target`` as a folder to write to, where the kernel can.

    Args:
        target: The folder; made where it is missing, for ``uid``.
        uid: Who writes.
        options: Size and owner of the layer, as ``tmpfs`` takes them.
    """
    path = Path(target)
    for folder in (*reversed(path.parents), path):
        if not folder.exists():
            folder.mkdir(mode=0o755)
            os.chown(folder, uid, uid)
    kernel.mount("tmpfs", target, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, options)
    upper, work = path / "upper", path / "work"
    for folder in (upper, work):
        folder.mkdir(mode=0o755)
        os.chown(folder, uid, uid)
    layers = f"lowerdir={FOLDER},upperdir={upper},workdir={work},userxattr"
    try:
        kernel.mount("overlay", target, "overlay", kernel.MS_NOSUID | kernel.MS_NODEV, layers)
    except OSError:
        kernel.unmount(target)


def _add(repository: Repository, hub: Path) -> None:
    """Lay out one repository: its files, its only commit, and what it lacks."""
    _, slash, name = repository.name.rpartition("datasets/")
    folder = f"{FOLDER}/{'datasets' if slash else 'models'}--{name.replace('/', '--')}"
    snapshot = f"{folder}/snapshots/{repository.commit}"
    for place in ("refs", "blobs", ".no_exist", f"snapshots/{repository.commit}"):
        os.makedirs(f"{folder}/{place}")
    Path(folder, "refs", "main").write_text(repository.commit, encoding="ascii")
    for file, source in repository.files.items():
        if "/" in file:
            os.makedirs(os.path.dirname(f"{snapshot}/{file}"), exist_ok=True)
        os.symlink(hub / source, f"{snapshot}/{file}")
    os.symlink(f"../../{_lacking(repository)}", f"{folder}/.no_exist/{repository.commit}")


def _lacking(repository: Repository) -> str:
    """A folder below the cache that names what is missing; one for all repositories with the same files."""
    missing = [file for file in _ASKED_IN_VAIN if file not in repository.files]
    listed = "\n".join(sorted(repository.files)).encode()
    folder = f".lacking/{hashlib.sha256(listed).hexdigest()[:16]}"
    if not os.path.isdir(f"{FOLDER}/{folder}"):
        os.makedirs(f"{FOLDER}/{folder}")
        for file in missing:
            Path(FOLDER, folder, file).touch()
    return folder
