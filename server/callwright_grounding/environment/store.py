"""Index files: one per distribution, holding its modules' summaries, read lazily.

A file is one line of magic, the length of the directory, the directory (compressed JSON), then one
compressed JSON blob per module. The name carries the key: distribution, version, and a hash over RECORD,
the interpreter's version and the format, so that an upgrade is simply another file.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import platformdirs

from callwright_grounding.environment.summary import FORMAT, ModuleSummary

_MAGIC = b"callwright-index\n"


def cache_folder() -> Path:
    """Where index files lie: under ``CALLWRIGHT_HOME`` where it is set, else in the user's cache folder."""
    home = os.environ.get("CALLWRIGHT_HOME")
    return Path(home) / "index" if home else Path(platformdirs.user_cache_dir("callwright")) / "index"


def index_key(name: str, version: str, record: bytes, python: tuple[int, int]) -> str:
    """The file name of a distribution's index."""
    digest = hashlib.sha256(b"%d %d.%d " % (FORMAT, *python) + record).hexdigest()[:16]
    return f"{name.lower().replace('-', '_')}-{version}-{digest}.index"


class IndexWriter:
    """Collects summaries and writes one index file, whole or not at all."""

    def __init__(self) -> None:
        self._directory: dict[str, tuple[int, int]] = {}
        self._blobs: list[bytes] = []
        self._offset = 0
        self._members: set[str] = set()
        self._stored: set[str] = set()
        self._parameters: set[str] = set()

    def add(self, name: str, summary: ModuleSummary) -> None:
        """Add one module."""
        self._append(name, json.dumps(summary.to_json(), separators=(",", ":")))
        self._members.update(summary.stored)
        self._stored.update(summary.stored)
        for entry in (*summary.names.values(), *summary.typing_names.values()):
            _collect(entry, self._members, self._parameters)

    def write(self, path: Path, details: dict[str, Any]) -> None:
        """Write the file; a reader never sees half of one."""
        self._append("/members", json.dumps(sorted(self._members)))
        self._append("/stored", json.dumps(sorted(self._stored)))
        self._append("/parameters", json.dumps(sorted(self._parameters)))
        directory = zlib.compress(json.dumps(details | {"modules": self._directory}).encode(), 6)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}.part")
        try:
            with temporary.open("wb") as file:
                file.write(_MAGIC + len(directory).to_bytes(8, "big") + directory)
                file.writelines(self._blobs)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    def _append(self, name: str, text: str) -> None:
        blob = zlib.compress(text.encode(), 4)
        self._directory[name] = (self._offset, len(blob))
        self._blobs.append(blob)
        self._offset += len(blob)


def _collect(entry: list[Any], members: set[str], parameters: set[str]) -> None:
    if entry[0] == "c":
        members.update(entry[5])
        for member in entry[5].values():
            _collect(member, members, parameters)
    elif entry[0] == "f":
        for signature in entry[2]:
            parameters.update(name.lstrip("/!*") for name in signature[0])
            parameters.update(signature[3])
    elif entry[0] == "u":
        for alternative in entry[1]:
            _collect(alternative, members, parameters)


class IndexFile:
    """One distribution's index, read as needed.

    Raises:
        ValueError: The file is damaged; it is to be built again.
        OSError: It cannot be read.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
            if magic != _MAGIC:
                raise ValueError(f"{path}: not an index")
            length = int.from_bytes(file.read(8), "big")
            try:
                self.details: dict[str, Any] = json.loads(zlib.decompress(file.read(length)))
            except (zlib.error, ValueError) as error:
                raise ValueError(f"{path}: damaged: {error}") from error
        self.path = path
        self._start = len(_MAGIC) + 8 + length
        self.modules: dict[str, list[int]] = self.details.pop("modules")

    def __contains__(self, module: str) -> bool:
        """Whether this module's summary is here."""
        return module in self.modules

    def module(self, name: str) -> ModuleSummary:
        """The summary of a module that is here."""
        return ModuleSummary.from_json(json.loads(self._blob(name)))

    def names(self, kind: str) -> frozenset[str]:
        """All ``members``, ``stored`` attributes or ``parameters`` in this distribution."""
        return frozenset(json.loads(self._blob(f"/{kind}")))

    def _blob(self, name: str) -> bytes:
        offset, length = self.modules[name]
        with self.path.open("rb") as file:
            file.seek(self._start + offset)
            return zlib.decompress(file.read(length))


def open_index(path: Path) -> IndexFile | None:
    """The index in a file; ``None`` where there is none that can be used."""
    try:
        return IndexFile(path)
    except (OSError, ValueError):
        return None


def write_index(
    path: Path,
    modules: Iterable[tuple[str, ModuleSummary]],
    details: dict[str, Any],
    stop: Callable[[], bool],
) -> bool:
    """Write all modules; ``False`` where ``stop`` ended it, and nothing was written."""
    writer = IndexWriter()
    for name, summary in modules:
        if stop():
            return False
        writer.add(name, summary)
    writer.write(path, details)
    return True
