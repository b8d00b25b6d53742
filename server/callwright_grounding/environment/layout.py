"""Where modules lie: the file, stub or compiled extension behind a dotted name."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

EXTENSION_SUFFIXES = (".so", ".pyd", ".dylib")


@dataclass(frozen=True)
class Location:
    """The files of one module."""

    source: Path | None = None
    stub: Path | None = None
    is_extension: bool = False
    is_package: bool = False
    folders: tuple[Path, ...] = ()
    """Folders whose files are submodules; several for a namespace package."""

    @property
    def is_namespace(self) -> bool:
        """Whether this is a folder without ``__init__``."""
        return self.is_package and self.source is None and self.stub is None and not self.is_extension


@dataclass
class Layout:
    """Finds modules in a list of folders, by listing folders, never by importing.

    Args:
        roots: Folders to look in, in import order.
        mapped: Top-level packages with a folder of their own.
        version: The interpreter's version: which modules of the standard library there are.
    """

    roots: list[Path]
    mapped: dict[str, Path] = field(default_factory=dict)
    version: tuple[int, int] = (3, 11)

    def __post_init__(self) -> None:
        self._listings: dict[str, dict[str, bool]] = {}
        self._found: dict[str, Location | None] = {}

    def forget(self) -> None:
        """Look at the folders afresh."""
        self._listings.clear()
        self._found.clear()

    def find(self, name: str) -> Location | None:
        """The files of a module; ``None`` where there is no such module."""
        if name not in self._found:
            self._found[name] = self._find(name)
        return self._found[name]

    def submodules(self, name: str) -> set[str]:
        """Names of a package's submodules."""
        location = self.find(name)
        if location is None:
            return set()
        found: set[str] = set()
        for folder in location.folders:
            for entry, is_folder in self._listing(folder).items():
                stem = entry if is_folder else entry.split(".")[0]
                if (
                    is_folder or entry.endswith((".py", ".pyi", *EXTENSION_SUFFIXES))
                ) and stem.isidentifier():
                    found.add(stem)
        return found - {"__init__", "__pycache__", "__main__"}

    def top_level(self) -> set[str]:
        """Every top-level module that can be imported."""
        found = set(self.mapped) | set(standard_library(self.version))
        for root in self.roots:
            for entry, is_folder in self._listing(root).items():
                stem = entry if is_folder else entry.split(".")[0]
                if (is_folder or entry.endswith((".py", *EXTENSION_SUFFIXES))) and stem.isidentifier():
                    found.add(stem)
        return found - {"__pycache__"}

    def _listing(self, folder: Path) -> dict[str, bool]:
        key = str(folder)
        if key not in self._listings:
            try:
                with os.scandir(folder) as entries:
                    self._listings[key] = {entry.name: entry.is_dir() for entry in entries}
            except OSError:
                self._listings[key] = {}
        return self._listings[key]

    def _find(self, name: str) -> Location | None:
        head, _, last = name.rpartition(".")
        if not head:
            if name in self.mapped:
                folder = self.mapped[name]
                return self._look([folder.parent], folder.name) if folder.suffix == "" else self._file(folder)
            project = self._look(self.roots, name)
            if name in standard_library(self.version) and (project is None or _is_site(project)):
                return self._look([typeshed_folder()], name) or Location(is_extension=True)
            return project
        parent = self.find(head)
        if parent is None:
            return None
        return self._look(parent.folders, last)

    def _file(self, path: Path) -> Location | None:
        return Location(source=path) if path.is_file() else None

    def _look(self, folders: Iterable[Path], name: str) -> Location | None:
        """Find ``name`` in the first folder that has it; folders without ``__init__`` are joined."""
        namespace: list[Path] = []
        stubs: Location | None = None
        for folder in folders:
            listing = self._listing(folder)
            if listing.get(f"{name}-stubs"):
                stubs = stubs or self._package(folder / f"{name}-stubs")
            if listing.get(name):
                package = self._package(folder / name)
                if not package.is_namespace:
                    return _joined(package, stubs)
                namespace.append(folder / name)
            module = self._module(folder, name, listing)
            if module is not None:
                return module
        if namespace:
            return _joined(Location(is_package=True, folders=tuple(namespace)), stubs)
        return None

    def _package(self, folder: Path) -> Location:
        listing = self._listing(folder)
        extension = any(
            entry.startswith("__init__.") and entry.endswith(EXTENSION_SUFFIXES) for entry in listing
        )
        # A folder of stubs beside a compiled module of the same name: `torch/_C/` and
        # `torch/_C.cpython-311.so`.
        beside = self._listing(folder.parent)
        compiled = any(e.startswith(f"{folder.name}.") and e.endswith(EXTENSION_SUFFIXES) for e in beside)
        return Location(
            source=folder / "__init__.py" if "__init__.py" in listing else None,
            stub=folder / "__init__.pyi" if "__init__.pyi" in listing else None,
            is_extension=extension or (compiled and "__init__.py" not in listing),
            is_package=True,
            folders=(folder,),
        )

    def _module(self, folder: Path, name: str, listing: dict[str, bool]) -> Location | None:
        source = folder / f"{name}.py" if f"{name}.py" in listing else None
        stub = folder / f"{name}.pyi" if f"{name}.pyi" in listing else None
        extension = any(e.startswith(f"{name}.") and e.endswith(EXTENSION_SUFFIXES) for e in listing)
        if source is None and stub is None and not extension:
            return None
        return Location(source=source, stub=stub, is_extension=extension)


def _joined(location: Location, stubs: Location | None) -> Location:
    if stubs is None or location.stub is not None:
        return location
    return Location(
        source=location.source,
        stub=stubs.stub,
        is_extension=location.is_extension,
        is_package=location.is_package,
        folders=(*location.folders, *stubs.folders),
    )


def _is_site(location: Location) -> bool:
    """Whether a module lies among installed packages, which the standard library goes before."""
    files = [location.source, location.stub, *location.folders]
    return any(file is not None and "site-packages" in file.parts for file in files)


@lru_cache(maxsize=1)
def typeshed_folder() -> Path:
    """The folder of the standard library's stubs."""
    import typeshed_client

    return Path(typeshed_client.__file__).parent / "typeshed"


@lru_cache(maxsize=8)
def standard_library(version: tuple[int, int]) -> frozenset[str]:
    """Names of the standard library's top-level modules in one version of Python."""
    names: set[str] = set()
    for line in (typeshed_folder() / "VERSIONS").read_text(encoding="utf-8").splitlines():
        name, _, span = line.partition("#")[0].partition(":")
        if not span or "." in name:
            continue
        first, _, last = span.strip().partition("-")
        if _version(first) <= version and (not last or version <= _version(last)):
            names.add(name.strip())
    return frozenset(names)


def _version(text: str) -> tuple[int, int]:
    major, _, minor = text.strip().partition(".")
    return int(major), int(minor or 0)
