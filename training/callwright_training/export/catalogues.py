"""Catalogues that a bundle can be built with: a file's, Gorilla's, or what installed libraries document."""

from __future__ import annotations

import hashlib
import sysconfig
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from callwright_grounding.catalogue import Catalogue, CatalogueEntry
from callwright_grounding.catalogue.harvest import harvester_version
from callwright_server import __version__
from callwright_training.errors import ExportError
from callwright_training.export.request import CatalogueSource
from callwright_training.records import gorilla_folder

_HARVESTED = ("transformers", "sentence-transformers", "diffusers", "timm")


def file_catalogue(path: Path) -> CatalogueSource:
    """The catalogue in a file: one of ours, or one of Gorilla's ``api/*.jsonl``.

    Raises:
        ExportError: There is no such file.
    """
    if not path.is_file():
        raise ExportError(f"{path}: no such catalogue; `rlaif-train data --catalogue FILE` writes one.")
    return CatalogueSource(path.name, _digest([path]), lambda: _read([path]))


def default_catalogue() -> CatalogueSource:
    """Gorilla's where ``CALLWRIGHT_DATA`` has its files, else what the installed libraries document."""
    gorilla = gorilla_folder()
    files = sorted(gorilla.glob("api/*.jsonl")) if gorilla else []
    if files:
        return CatalogueSource(
            "Gorilla's API documents", f"{_digest(files)}, spelled", lambda: _spelled(files)
        )
    versions = [f"{name} {version}" for name in _HARVESTED if (version := _version(name))]
    words = f"documentation of {', '.join(versions)}" if versions else "no library to harvest is installed"
    fingerprint = f"{__version__}: {words}, harvester {harvester_version()}"
    return CatalogueSource(words, fingerprint, _harvest)


def _harvest() -> Catalogue:
    from callwright_grounding.catalogue.harvest import harvest

    catalogue = harvest([Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")])
    if not len(catalogue):
        raise ExportError(
            "No catalogue: none of transformers, sentence-transformers, diffusers, timm is installed here. "
            "Give one with `--catalogue FILE`."
        )
    return catalogue


def _read(files: Iterable[Path]) -> Catalogue:
    return Catalogue(_entries(files))


def _spelled(files: Iterable[Path]) -> Catalogue:
    """The files' entries, with their calls as their examples write them."""
    from callwright_training.choice.spelling import spelled

    return Catalogue(spelled(_entries(files), ()))


def _entries(files: Iterable[Path]) -> list[CatalogueEntry]:
    from callwright_training.records.survey import callable_entries, survey

    return callable_entries([survey(path) for path in files])


def _digest(files: Iterable[Path]) -> str:
    return hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in files)).hexdigest()


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
