"""The environment: every module the user's code can import, its summary read when first asked for."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from pathlib import Path

from callwright_grounding.environment.build import missing
from callwright_grounding.environment.distributions import STANDARD_LIBRARY, Distribution, distributions
from callwright_grounding.environment.interpreter import Interpreter
from callwright_grounding.environment.layout import Layout, standard_library
from callwright_grounding.environment.modules import read_module
from callwright_grounding.environment.observed import Observed, kept, refined
from callwright_grounding.environment.store import IndexFile, cache_folder, open_index
from callwright_grounding.environment.summary import UNREAD, ModuleSummary

log = logging.getLogger(__name__)


class Environment:
    """What can be imported, by an interpreter and from a project's folders.

    Installed modules come from the index where it is built; the others, and the project's own, are read
    from their files, again whenever a file's time changes (:meth:`refresh`).

    Args:
        interpreter: The user's interpreter; ``None`` knows the standard library and the project only.
        project: Folders that the project imports from, before what is installed.
    """

    def __init__(self, interpreter: Interpreter | None, project: Iterable[Path] = ()) -> None:
        self.interpreter = interpreter
        self.version = interpreter.version if interpreter is not None else (3, 11)
        self.project = tuple(dict.fromkeys(path.resolve() for path in project))
        installed = interpreter.roots if interpreter is not None else ()
        mapped = dict(interpreter.mapped) if interpreter is not None else {}
        self.layout = Layout([*self.project, *installed], mapped, self.version)
        self._summaries: dict[str, ModuleSummary | None] = {}
        self._times: dict[str, tuple[Path, float]] = {}
        self._open_indexes()

    def summary(self, module: str) -> ModuleSummary | None:
        """What a module declares; ``None`` where no such module is known."""
        if module not in self._summaries:
            self._summaries[module] = self._read(module)
        return self._summaries[module]

    def exists(self, module: str) -> bool:
        """Whether there is a module of this name."""
        return self.layout.find(module) is not None

    def top_level(self) -> set[str]:
        """Every top-level module that can be imported."""
        return self.layout.top_level()

    def submodules(self, module: str) -> set[str]:
        """Names of a package's submodules."""
        return self.layout.submodules(module)

    def is_standard(self, module: str) -> bool:
        """Whether a module belongs to the standard library."""
        return module.partition(".")[0] in standard_library(self.version)

    def is_indexed(self, module: str) -> bool:
        """Whether a module's distribution is in the index."""
        return bool(self._candidates(module))

    def distribution_names(self, module: str, kind: str) -> frozenset[str] | None:
        """Names known in the distribution of a module; ``None`` where it is not indexed.

        Args:
            module: Any module of the distribution.
            kind: ``members`` of classes, attributes ``stored`` on other objects, or ``parameters`` of
                functions.
        """
        indexes = self._candidates(module)
        if not indexes:
            return None
        key = (indexes[0].path.name, kind)
        if key not in self._names:
            self._names[key] = indexes[0].names(kind)
        return self._names[key]

    def unindexed(self, top_level: Iterable[str]) -> list[Distribution]:
        """Distributions of these top-level modules that are still to be indexed."""
        return missing(self.interpreter, only=sorted(set(top_level))) if self.interpreter is not None else []

    def refresh(self) -> bool:
        """Take notice of changed files and of what was installed or indexed meanwhile.

        Returns:
            Whether anything had changed.
        """
        changed = [name for name, (path, time) in self._times.items() if _time(path) != time]
        before = self._inventory
        self.layout.forget()
        self._open_indexes()
        if before != self._inventory:
            self._summaries.clear()
        for name in changed:
            self._summaries.pop(name, None)
        for name in [name for name, summary in self._summaries.items() if summary is None]:
            del self._summaries[name]
        return bool(changed) or before != self._inventory

    def _open_indexes(self) -> None:
        self._indexes: dict[str, list[IndexFile]] = {}
        self._by_top: dict[str, list[IndexFile]] = {}
        self._names: dict[tuple[str, str], frozenset[str]] = {}
        self._observed: dict[str, Observed] = {}
        self._inventory: list[str] = []
        if self.interpreter is None:
            return
        for entry in distributions(self.interpreter):
            index = open_index(cache_folder() / entry.key)
            if index is None:
                continue
            self._inventory.append(entry.key)
            for top in entry.top_level if entry.information else standard_library(self.version):
                self._indexes.setdefault(top, []).append(index)

    def _candidates(self, module: str) -> list[IndexFile]:
        top = module.partition(".")[0]
        if top not in self._by_top:
            self._by_top[top] = self._candidates_of(top)
        return self._by_top[top]

    def _candidates_of(self, top: str) -> list[IndexFile]:
        location = self.layout.find(top)
        if location is not None and self._is_project(location.source or (location.folders or (None,))[0]):
            return []
        found = self._indexes.get(top, [])
        if top in standard_library(self.version):
            return [index for index in found if index.details["distribution"] == STANDARD_LIBRARY]
        return found

    def _is_project(self, path: Path | None) -> bool:
        installed = self.interpreter.site_packages if self.interpreter is not None else ()
        if path is None or any(site in path.parents for site in installed):
            return False
        return any(root in path.parents for root in self.project)

    def _read(self, module: str) -> ModuleSummary | None:
        summary = self._declared(module)
        if summary is None:
            return None
        if summary.open.startswith(UNREAD):
            log.warning("Module %s: %s; any name in it may exist.", module, summary.open)
        for index in self._candidates(module):
            key = index.path.name
            if key not in self._observed:
                self._observed[key] = kept(key)
            summary = refined(summary, module, self._observed[key])
        return summary

    def _declared(self, module: str) -> ModuleSummary | None:
        """What a module's files declare."""
        for index in self._candidates(module):
            if module in index:
                return index.module(module)
        location = self.layout.find(module)
        if location is None:
            return None
        path = location.source or location.stub
        if path is not None:
            self._times[module] = (path, _time(path))
        return read_module(module, location, self.version)


def _time(path: Path) -> float:
    try:
        return os.stat(path).st_mtime  # noqa: PTH116 (a third of the time)
    except OSError:
        return 0.0
