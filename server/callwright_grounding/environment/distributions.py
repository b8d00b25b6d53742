"""What is installed: the distributions of an interpreter, their modules, and the key of each one's index."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from callwright_grounding.environment.interpreter import Interpreter
from callwright_grounding.environment.layout import typeshed_folder
from callwright_grounding.environment.store import cache_folder, index_key
from callwright_grounding.environment.summary import FORMAT

STANDARD_LIBRARY = "typeshed"
"""The name under which the standard library's stubs are indexed."""

_SKIPPED = re.compile(r"(^|/)(tests?|__pycache__|testing/_internal|_vendor)/")
_TOP = re.compile(r"^([A-Za-z_]\w*)(/|\.pyi?,|\.[\w-]+\.(so|pyd),|\.so,|\.pyd,)", re.MULTILINE)


@dataclass(frozen=True)
class Distribution:
    """One installed distribution."""

    name: str
    version: str
    site: str
    """The folder that it is installed in."""
    information: str
    """The name of its ``.dist-info`` folder; empty for the standard library."""
    key: str
    """File name of its index."""
    top_level: tuple[str, ...]
    """Top-level modules it brings, wholly or in part."""
    stamp: str = ""
    """Size and time of RECORD, so that an unchanged one need not be read again."""

    def files(self) -> Iterator[tuple[str, Path]]:
        """Source files and stubs, as relative path and place; tests are left out."""
        site = Path(self.site)
        if not self.information:
            names: Iterator[str] = (file.relative_to(site).as_posix() for file in sorted(site.rglob("*.pyi")))
        else:
            record = (site / self.information / "RECORD").read_text(encoding="utf-8", errors="replace")
            names = (line.split(",", 1)[0].strip('"') for line in record.splitlines())
        for name in names:
            if (
                name.endswith((".py", ".pyi"))
                and not name.startswith(("..", "/"))
                and not _SKIPPED.search(name)
            ):
                yield name, site / name


def distributions(interpreter: Interpreter) -> list[Distribution]:
    """The standard library and every installed distribution; of equal names the first counts."""
    known = _load_inventory(interpreter)
    found = {STANDARD_LIBRARY: _standard_library(interpreter)}
    fresh = False
    for site in interpreter.site_packages:
        for information in _information_folders(site):
            record = Path(information.path) / "RECORD"
            try:
                status = record.stat()
            except OSError:
                continue
            stamp = f"{status.st_size}:{status.st_mtime_ns}"
            entry = known.get(information.path)
            if entry is None or entry.stamp != stamp:
                entry, fresh = _read(site, information.name, record, stamp, interpreter), True
            found.setdefault(entry.name.lower().replace("_", "-"), entry)
    if fresh:
        _save_inventory(interpreter, list(found.values()))
    return list(found.values())


def _information_folders(site: Path) -> list[os.DirEntry[str]]:
    with os.scandir(site) as entries:
        return sorted(
            (entry for entry in entries if entry.name.endswith(".dist-info")), key=lambda entry: entry.name
        )


def _read(site: Path, information: str, record: Path, stamp: str, interpreter: Interpreter) -> Distribution:
    name, _, version = information.removesuffix(".dist-info").partition("-")
    content = record.read_bytes()
    text = content.decode("utf-8", "replace")
    tops = {match[1] for match in _TOP.finditer(text)}
    key = index_key(name, version, content, interpreter.version)
    return Distribution(name, version, str(site), information, key, tuple(sorted(tops)), stamp)


def _standard_library(interpreter: Interpreter) -> Distribution:
    version = importlib.metadata.version("typeshed-client")
    key = index_key(STANDARD_LIBRARY, version, b"", interpreter.version)
    return Distribution(STANDARD_LIBRARY, version, str(typeshed_folder()), "", key, ())


def _inventory_file(interpreter: Interpreter) -> Path:
    # The format is part of the name: keys of another format are not to be found here.
    identity = "\n".join([*map(str, interpreter.site_packages), repr(interpreter.version), str(FORMAT)])
    return cache_folder() / f"inventory-{hashlib.sha256(identity.encode()).hexdigest()[:16]}.json"


def _load_inventory(interpreter: Interpreter) -> dict[str, Distribution]:
    try:
        rows = json.loads(_inventory_file(interpreter).read_text(encoding="utf-8"))
        entries = [Distribution(**row | {"top_level": tuple(row["top_level"])}) for row in rows]
    except (OSError, ValueError, TypeError, KeyError):
        return {}
    return {str(Path(entry.site) / entry.information): entry for entry in entries if entry.information}


def _save_inventory(interpreter: Interpreter, entries: list[Distribution]) -> None:
    path = _inventory_file(interpreter)
    temporary = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps([asdict(entry) for entry in entries]), encoding="utf-8")
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)  # a cache: without it the next start is slower, nothing else
