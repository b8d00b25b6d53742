"""Finds plugins and collects what they offer.

Built-ins come first and by the same hooks; then entry points of the group ``callwright``; then single files.
Hooks are called when what they offer is first asked for, so that a language server never imports a judge's
libraries.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeVar

import pluggy

from callwright_grounding.catalogue import Catalogue
from callwright_plugins import PROJECT, hookspecs
from callwright_plugins.errors import JudgeError, PluginLoadError, QuestionSetError
from callwright_plugins.judge import Judge
from callwright_plugins.questions import QuestionSet
from callwright_plugins.suggestion import Filter

BUILT_IN = ("callwright_plugins.builtin",)
LIMIT_VARIABLE = "CALLWRIGHT_PLUGINS"
HOOKS = ("register_judges", "register_question_sets", "register_catalogues", "register_filters")

T = TypeVar("T")


@dataclass(frozen=True)
class Offer(Generic[T]):
    """One thing that a plugin registered."""

    name: str
    value: T
    plugin: str


@dataclass(frozen=True)
class Plugin:
    """One loaded plugin."""

    name: str
    source: str
    """``built in``, the distribution with its version, or the file."""
    hooks: tuple[str, ...]


@dataclass(frozen=True)
class Problem:
    """A plugin that could not be used, wholly or in part."""

    plugin: str
    message: str


class Plugins:
    """Every plugin that was found, and what they offer.

    Args:
        files: One-file plugins to load beside the installed ones.
        strict: Raise on the first problem; otherwise keep it in :attr:`problems` and go on without that
        plugin.

    Raises:
        PluginLoadError: ``strict``, and a plugin cannot be imported, or misspells a hook.
    """

    def __init__(self, files: Sequence[Path] = (), *, strict: bool = True) -> None:
        self.strict, self.files = strict, tuple(files)
        self.problems: list[Problem] = []
        self.plugins: list[Plugin] = []
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._silenced: set[str] = set()
        for module in BUILT_IN:
            self._add(module.rpartition(".")[2], "built in", partial(importlib.import_module, module))
        for entry in _wanted_entry_points(self._report):
            self._add(entry.name, _origin(entry), entry.load)
        for path in files:
            self._add(path.stem, str(path), partial(_import_file, path))

    @cached_property
    def judges(self) -> dict[str, Offer[Callable[..., Judge]]]:
        """Judge factories by name."""
        return self._collect("register_judges", _named)

    @cached_property
    def question_sets(self) -> dict[str, Offer[QuestionSet]]:
        """Question sets by name."""
        return self._collect("register_question_sets", _question_set)

    @cached_property
    def catalogues(self) -> dict[str, Offer[Callable[[], Catalogue]]]:
        """Catalogue loaders by name."""
        return self._collect("register_catalogues", _named)

    @cached_property
    def filters(self) -> dict[str, Offer[Filter]]:
        """Filters by name."""
        return self._collect("register_filters", _named)

    def offers(self) -> dict[str, dict[str, Offer[Any]]]:
        """Everything on offer, by kind; calls every hook."""
        return {
            "judges": dict(self.judges),
            "question_sets": dict(self.question_sets),
            "catalogues": dict(self.catalogues),
            "filters": dict(self.filters),
        }

    def judge(self, name: str, options: Mapping[str, Any]) -> Judge:
        """Build a judge by its name and options.

        Raises:
            JudgeError: There is none of this name, or it does not take these options.
        """
        offer = self.judges.get(name)
        if offer is None:
            raise JudgeError(f"there is no judge '{name}'; there are: {', '.join(self.judges)}")
        from pydantic import ValidationError  # slow to import, and a language server builds no judge

        from callwright_plugins.validation import first_problem

        try:
            judge = offer.value(**options)
        except ValidationError as error:
            raise JudgeError(first_problem(error, f"judge '{name}'")) from error
        except TypeError as error:
            raise JudgeError(f"judge '{name}' (plugin '{offer.plugin}') cannot be built: {error}") from error
        if not isinstance(judge, Judge):
            raise JudgeError(
                f"judge '{name}' (plugin '{offer.plugin}') is not a subclass of callwright_plugins.Judge"
            )
        return judge

    def question_set(self, name: str) -> QuestionSet:
        """A question set by its name, or read from a file where ``name`` ends in ``.toml``.

        Raises:
            QuestionSetError: There is none, or the file is wrong.
        """
        if name.endswith(".toml"):
            return QuestionSet.read(Path(name))
        if name not in self.question_sets:
            known = ", ".join(self.question_sets)
            raise QuestionSetError(
                f"there is no question set '{name}'; there are: {known}, or give a .toml file"
            )
        return self.question_sets[name].value

    def withheld(self, suggestion: Any) -> str | None:
        """Why some filter holds this suggestion back, as ``filter: reason``; ``None`` lets it pass.

        A filter that raises is reported in :attr:`problems` and not asked again.
        """
        for offer in self.filters.values():
            if offer.name in self._silenced:
                continue
            try:
                reason = offer.value(suggestion)
            except Exception as error:
                self._silenced.add(offer.name)
                self.problems.append(Problem(offer.plugin, f"filter '{offer.name}' {_raised(error)}"))
                continue
            if reason:
                return f"{offer.name}: {reason}"
        return None

    def _add(self, name: str, source: str, load: Callable[[], object]) -> None:
        try:
            module = load()
            self._manager.register(module, name=name)
            self._manager.check_pending()
        except Exception as error:
            self._manager.unregister(name=name) if self._manager.has_plugin(name) else None
            self._report(name, f"cannot be loaded: {_loading_fault(error)}", error)
            return
        callers = self._manager.get_hookcallers(module) or []
        if not callers:
            self._manager.unregister(name=name)
            self._report(
                name,
                "implements no hook; mark a function with @hookimpl, named as one of " + ", ".join(HOOKS),
            )
            return
        self.plugins.append(Plugin(name, source, tuple(sorted(caller.name for caller in callers))))

    def _collect(self, hook: str, register: Callable[..., tuple[str, Any]]) -> dict[str, Offer[Any]]:
        """Call one hook, plugin by plugin, so that the one at fault can be named and left out."""
        found: dict[str, Offer[Any]] = {}
        for plugin in self.plugins:
            if hook not in plugin.hooks:
                continue
            offered: dict[str, Offer[Any]] = {}
            others = [self._manager.get_plugin(other.name) for other in self.plugins if other != plugin]
            caller = self._manager.subset_hook_caller(hook, remove_plugins=others)
            try:
                caller(register=_registrar(plugin.name, register, {**found}, offered))
            except Exception as error:
                self._report(plugin.name, f"{hook} {_raised(error)}", error)
                continue
            found.update(offered)
        return found

    def _report(self, plugin: str, message: str, cause: BaseException | None = None) -> None:
        if self.strict:
            raise PluginLoadError(f"plugin '{plugin}' {message}") from cause
        self.problems.append(Problem(plugin, message))


def _registrar(
    plugin: str,
    read: Callable[..., tuple[str, Any]],
    taken: Mapping[str, Offer[Any]],
    offered: dict[str, Offer[Any]],
) -> Callable[..., None]:
    def register(*arguments: Any) -> None:
        name, value = read(*arguments)
        holder = taken.get(name) or offered.get(name)
        if holder is not None:
            raise ValueError(f"the name '{name}' is taken by plugin '{holder.plugin}'")
        offered[name] = Offer(name, value, plugin)

    return register


def _named(name: str, value: object) -> tuple[str, object]:
    if not isinstance(name, str) or not callable(value):
        raise TypeError(f"register() takes a name and something to call, not {name!r} and {value!r}")
    return name, value


def _question_set(question_set: object) -> tuple[str, object]:
    if not isinstance(question_set, QuestionSet):
        raise TypeError(f"register() takes a QuestionSet, not {question_set!r}")
    return question_set.name, question_set


def _wanted_entry_points(report: Callable[[str, str], None]) -> Iterable[EntryPoint]:
    """Installed plugins, as far as ``CALLWRIGHT_PLUGINS`` lets them in; those of this distribution always."""
    found = {entry.name: entry for entry in entry_points(group=PROJECT)}
    limit = os.environ.get(LIMIT_VARIABLE)
    if limit is None:
        return list(found.values())
    wanted = [name.strip() for name in limit.split(",") if name.strip()]
    for name in wanted:
        if name not in found:
            report(
                name,
                f"is named in {LIMIT_VARIABLE} and not installed; installed: {', '.join(found) or 'none'}",
            )
    return [entry for name, entry in found.items() if name in wanted or _is_ours(entry)]


def _is_ours(entry: EntryPoint) -> bool:
    return entry.dist is not None and entry.dist.name == PROJECT


def _origin(entry: EntryPoint) -> str:
    if entry.dist is None:
        return entry.value
    return "built in" if _is_ours(entry) else f"{entry.dist.name} {entry.dist.version}"


def _import_file(path: Path) -> ModuleType:
    name = f"callwright_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise FileNotFoundError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pydantic look their module up there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _loading_fault(error: Exception) -> str:
    if isinstance(error, pluggy.PluginValidationError):
        # pluggy's text names the plugin and module a second time, in several lines.
        hooks = ", ".join(HOOKS)
        return f"{' '.join(str(error).split())} (hooks: {hooks})"
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _raised(error: Exception) -> str:
    return f"raised {type(error).__name__}: {' '.join(str(error).split())}"
