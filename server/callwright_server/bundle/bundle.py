"""One checked bundle on disk."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from tokenizers import Tokenizer

from callwright_grounding.catalogue import Catalogue
from callwright_server.bundle.manifest import FORMAT_VERSION, MANIFEST, REBUILD, FileRecord, Manifest
from callwright_server.errors import BundleError
from callwright_server.gate import Gate
from callwright_server.prompt import PROMPT_VERSION

MODEL = "model.onnx"
WEIGHTS = "model.onnx.data"
TOKENIZER = "tokenizer.json"
CATALOGUE = "catalogue.jsonl"
RETRIEVER = "retriever"

_STAMP = ".verified"


@dataclass(frozen=True)
class Bundle:
    """A folder with everything the server needs of a model; :meth:`open` has checked every file."""

    path: Path
    """The bundle's folder."""
    manifest: Manifest
    """What it was made from."""

    @classmethod
    def open(cls, path: Path, *, trust_stamp: bool = True) -> Bundle:
        """Open a bundle and check that every file is there, whole and unaltered.

        The files' digests are computed once and remembered by size and time of change, so that opening again
        is quick.

        Args:
            path: The bundle's folder.
            trust_stamp: Believe what was remembered; ``False`` reads every byte again.

        Raises:
            BundleError: Something is missing, truncated, altered or of another version.
        """
        manifest = Manifest.load(path)
        _check_versions(path, manifest)
        _check_files(path, manifest, trust_stamp=trust_stamp)
        return cls(path=path, manifest=manifest)

    @property
    def name(self) -> str:
        """The bundle's name."""
        return self.manifest.name

    @property
    def model(self) -> Path:
        """The ONNX graph; its weights lie beside it."""
        return self.path / MODEL

    @property
    def retriever(self) -> Path:
        """Folder of the retriever's files; it need not exist."""
        return self.path / RETRIEVER

    @property
    def size(self) -> int:
        """Bytes of all files that the manifest names."""
        return sum(record.size for record in self.manifest.files.values())

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer."""
        try:
            return Tokenizer.from_file(str(self.path / TOKENIZER))
        except Exception as error:  # the library raises bare Exception
            raise BundleError(f"{self.path / TOKENIZER}: not a tokenizer ({error}). {REBUILD}") from error

    @cached_property
    def gate(self) -> Gate:
        """When something is shown unasked; the defaults where the bundle does not say."""
        return Gate.load(self.path)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The API calls that came with the bundle."""
        return Catalogue.load(self.path / CATALOGUE)


def describe_file(path: Path) -> FileRecord:
    """Size and SHA-256 of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileRecord(sha256=digest, size=path.stat().st_size)


def _check_versions(path: Path, manifest: Manifest) -> None:
    for what, found, wanted in (
        ("bundle format", manifest.format_version, FORMAT_VERSION),
        ("prompt format", manifest.prompt_version, PROMPT_VERSION),
    ):
        if found != wanted:
            raise BundleError(f"{path}: {what} {found}, but this Callwright needs {wanted}. {REBUILD}")


def _check_files(path: Path, manifest: Manifest, *, trust_stamp: bool) -> None:
    for name in (MODEL, TOKENIZER, CATALOGUE):
        if name not in manifest.files:
            raise BundleError(f"{path / MANIFEST}: names no {name}. {REBUILD}")
    seen = {name: _check_size(path, name, record) for name, record in manifest.files.items()}
    stamp = json.dumps(
        [seen, {name: record.sha256 for name, record in manifest.files.items()}], sort_keys=True
    )
    if trust_stamp and _read_stamp(path) == stamp:
        return
    for name, record in manifest.files.items():
        if describe_file(path / name).sha256 != record.sha256:
            raise BundleError(f"{path / name}: altered since it was exported (SHA-256 differs). {REBUILD}")
    _write_stamp(path, stamp)


def _check_size(path: Path, name: str, record: FileRecord) -> list[int]:
    """Size and time of change of a file that has the right size."""
    relative = PurePosixPath(name)
    if relative.is_absolute() or ".." in relative.parts:
        raise BundleError(f"{path / MANIFEST}: {name!r} points outside the bundle. {REBUILD}")
    try:
        status = (path / name).stat()
    except OSError as error:
        raise BundleError(f"{path / name}: missing from the bundle. {REBUILD}") from error
    if status.st_size != record.size:
        what = "truncated" if status.st_size < record.size else "altered"
        raise BundleError(f"{path / name}: {what} ({status.st_size} bytes, not {record.size}). {REBUILD}")
    return [status.st_size, status.st_mtime_ns, status.st_ino]


def _read_stamp(path: Path) -> str:
    try:
        return (path / _STAMP).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _write_stamp(path: Path, stamp: str) -> None:
    temporary = path / f"{_STAMP}.{os.getpid()}"
    try:
        temporary.write_text(stamp, encoding="utf-8")
        temporary.replace(path / _STAMP)
    except OSError:
        # A read-only bundle is fine; it is only hashed again next time.
        temporary.unlink(missing_ok=True)
