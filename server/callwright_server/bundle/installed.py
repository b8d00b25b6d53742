"""Where bundles are installed, and how one is found by name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from platformdirs import user_data_dir

from callwright_server.bundle.bundle import Bundle
from callwright_server.bundle.manifest import MANIFEST
from callwright_server.errors import BundleError

DEFAULT_BUNDLE = "default"


def callwright_home() -> Path:
    """Folder of what Callwright installs: ``$CALLWRIGHT_HOME``, else the platform's place for user data."""
    return Path(os.environ.get("CALLWRIGHT_HOME") or user_data_dir("callwright"))


def bundles_folder() -> Path:
    """Folder that holds one folder per installed bundle."""
    return callwright_home() / "bundles"


def installed_bundles() -> Iterator[Path]:
    """Folders of the installed bundles, by name; their files are not checked."""
    folder = bundles_folder()
    if folder.is_dir():
        yield from sorted(path.parent for path in folder.glob(f"[!.]*/{MANIFEST}"))


def find_bundle(name_or_path: str | Path | None = None) -> Bundle:
    """Open a bundle.

    Args:
        name_or_path: Name of an installed bundle, or a bundle's folder; ``None`` takes ``default``.

    Raises:
        BundleError: There is none of that name, or it is damaged.
    """
    name = str(name_or_path or DEFAULT_BUNDLE)
    installed = bundles_folder() / name
    if (installed / MANIFEST).is_file():
        return Bundle.open(installed)
    if os.sep in name or Path(name, MANIFEST).is_file():
        return Bundle.open(Path(name).expanduser())
    raise BundleError(_not_found(name))


def _not_found(name: str) -> str:
    if name == DEFAULT_BUNDLE:
        return f"No default bundle in {bundles_folder()}. Build it with `rlaif-train export --default`."
    names = ", ".join(path.name for path in installed_bundles()) or "none"
    return (
        f"No bundle named {name!r} in {bundles_folder()} (installed: {names}). See `callwright bundle list`."
    )
