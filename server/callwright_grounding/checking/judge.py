"""Decides what is reported: which missing names are errors, which are warnings, and where to keep silent."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from callwright_grounding.catalogue import Catalogue
from callwright_grounding.checking.expressions import FileJudge
from callwright_grounding.checking.finding import ERROR, WARNING, Finding
from callwright_grounding.checking.guards import probed_names
from callwright_grounding.resolution.lookups import Lookup
from callwright_grounding.resolution.members import member_names
from callwright_grounding.resolution.resolver import Resolver
from callwright_grounding.resolution.signatures import keywords
from callwright_grounding.resolution.strings import (
    RepositoryArgument,
    repository_argument,
    task_argument,
    tasks,
)
from callwright_grounding.resolution.values import Class, Function, Instance, Module, OneOf, Value, options


@dataclass(frozen=True)
class KnownIds:
    """The ids that may be loaded."""

    catalogue: Catalogue | None = None
    closed: bool = False
    """Whether there are no others: then an unknown id is an error."""


@dataclass
class Reporter(FileJudge):
    """Collects findings of one file.

    Args:
        resolver: Where names are looked up.
        source: The file's text.
        stored: Attribute names that the file assigns anywhere.
        known: Ids that may be loaded.
        folder: Where relative paths start, to recognise files that are there.
        near: Gives the nearest of some names.
    """

    resolver: Resolver
    source: str
    stored: set[str]
    known: KnownIds = KnownIds()
    folder: Path = Path()
    findings: dict[tuple[int, int, str], Finding] = field(default_factory=dict)
    guarded: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("import", "attribute", "keyword"), 0)
    )
    silent: int = 0

    def __post_init__(self) -> None:
        self.lines = self.source.split("\n")
        self.probed = probed_names(self.source)

    # -- imports -----------------------------------------------------------------------------------

    def import_module(self, node: ast.Import, alias: ast.alias) -> None:
        """``import a.b``: a module missing from a package that is installed."""
        self._module(alias.name, alias)

    def import_name(self, node: ast.ImportFrom, alias: ast.alias, module: str) -> None:
        """``from a import b``."""
        if self.guarded["import"] or not module:
            return
        if self.resolver.module(module) is None:
            if node.module:
                self._module(module, node)
            return
        lookup = self.resolver.module_attribute(module, alias.name)
        if lookup.state != "missing":
            return
        names = [name for name, sure in self.resolver.module_names(module).items() if sure]
        names += sorted(self.resolver.environment.submodules(module))
        self._report(
            alias, ERROR, "import-name", f"{module} has no {alias.name!r}", alias.name, lambda: names
        )

    def _module(self, name: str, place: ast.alias | ast.ImportFrom) -> None:
        if self.guarded["import"] or self.resolver.module(name) is not None:
            return
        parts = name.split(".")
        for length in range(len(parts) - 1, 0, -1):
            parent = ".".join(parts[:length])
            if self.resolver.module(parent) is None:
                continue
            missing = parts[length]
            if self._may_have_submodules(parent, missing):
                return
            message = f"there is no module {parent}.{missing}"
            names = sorted(self.resolver.environment.submodules(parent))
            paths = [f"{parent}.{found}" for found in names]
            self._report(place, ERROR, "import-module", message, name, partial(list, paths))
            return

    def _may_have_submodules(self, package: str, name: str) -> bool:
        """Whether modules of a package may come from elsewhere than its folder."""
        location = self.resolver.environment.layout.find(package)
        if location is None or location.is_extension or location.is_namespace or not location.is_package:
            return location is None or location.is_extension or location.is_namespace
        summary = self.resolver.summary(package)
        if summary is None or name.startswith("_") or name in summary.names or name in summary.typing_names:
            return True
        return bool(summary.open) or (summary.lazy and name.endswith("_fast"))

    # -- attributes and calls ----------------------------------------------------------------------

    def attribute(self, node: ast.Attribute, value: Value, lookup: Lookup, *, called: bool) -> None:
        """An attribute that is not found."""
        name = node.attr
        if self.silent or self.guarded["attribute"] or name in self.probed or name in self.stored:
            return
        if lookup.state == "uncalled" and not called:
            return
        sure = lookup.state == "missing" and not is_claimed(value)
        severity = ERROR if sure else WARNING
        message = f"{describe(value)} has no attribute {name!r}"
        self._report(node, severity, "attribute", message, name, lambda: member_names(self.resolver, value))

    def call(self, node: ast.Call, value: Value | None) -> None:
        """A call: its keywords, its task and its repository ids."""
        if self.silent or value is None:
            return
        if node.keywords and not self.guarded["keyword"]:
            self._keywords(node, value)
        if node.args or node.keywords:
            self._strings(node, value)

    def _keywords(self, node: ast.Call, value: Value) -> None:
        if isinstance(value, Function) and isinstance(value.receiver, Instance) and not value.receiver.exact:
            nearby = self.resolver.environment.distribution_names(value.module, "parameters")
            if nearby is None:
                return  # a subclass may take more
        else:
            nearby = frozenset()
        known = keywords(self.resolver, value)
        if known.open:
            return
        receiver = value.receiver if isinstance(value, Function) else value
        severity = WARNING if receiver is not None and is_claimed(receiver) else ERROR
        for keyword in node.keywords:
            name = keyword.arg
            if name is None or name in known.names or name in nearby:
                continue
            message = f"{describe(value)} takes no keyword {name!r}"
            self._report(keyword, severity, "keyword", message, name, lambda: list(known.names))

    def _strings(self, node: ast.Call, value: Value) -> None:
        task = task_argument(value, node)
        if task is not None:
            names = tasks(self.resolver)
            text = str(task.value)
            if names and text not in names and not text.startswith("translation_"):
                message = f"the installed transformers knows no pipeline task {text!r}"
                self._report(task, ERROR, "task", message, text, lambda: sorted(names))
        argument = repository_argument(value, node)
        if argument is not None:
            self._repository(argument)

    def _repository(self, argument: RepositoryArgument) -> None:
        catalogue = self.known.catalogue
        text = argument.text
        if (
            catalogue is None
            or text in catalogue.ids
            or not argument.plausible
            or (self.folder / text).exists()
        ):
            return
        severity = ERROR if self.known.closed else WARNING
        message = f"{text!r} is not in the catalogue"
        self._report(argument.node, severity, "repo-id", message, text, lambda: catalogue.ids)

    # -- reports -----------------------------------------------------------------------------------

    def _report(
        self,
        node: ast.AST,
        severity: str,
        code: str,
        message: str,
        name: str,
        names: Callable[[], Iterable[str]],
    ) -> None:
        line, column, end_line, end_column = self._place(node, name)
        key = (line, column, code)
        if key in self.findings or self.silent:
            return
        suggestions = nearest(name, names())
        self.findings[key] = Finding(line, column, end_line, end_column, severity, code, message, suggestions)

    def _place(self, node: ast.AST, name: str) -> tuple[int, int, int, int]:
        """Where the name stands: line and column from 1, columns in code points."""
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        end_line, end_column = getattr(node, "end_lineno", line), getattr(node, "end_col_offset", column)
        if isinstance(node, ast.Attribute):
            line, column = end_line, end_column - len(name.encode())
        elif isinstance(node, ast.keyword):
            end_line, end_column = line, column + len(name.encode())
        elif isinstance(node, ast.ImportFrom):
            start = (
                self.lines[line - 1].encode().find(name.encode(), column) if line <= len(self.lines) else -1
            )
            column = start if start >= 0 else column
            end_line, end_column = line, column + len(name.encode())
        elif isinstance(node, ast.alias):
            end_line, end_column = line, column + len(name.encode())
        elif isinstance(node, ast.Constant):
            column, end_column = self._inside_quotes(line, column, end_line, end_column)
        return line, self._code_points(line, column), end_line, self._code_points(end_line, end_column)

    def _inside_quotes(self, line: int, column: int, end_line: int, end_column: int) -> tuple[int, int]:
        if line != end_line:
            return column, end_column
        text = self.lines[line - 1].encode()[column:end_column]
        quote = min((at for at in (text.find(b"'"), text.find(b'"')) if at >= 0), default=-1)
        triple = text[quote : quote + 3] in (b"'''", b'"""')
        width = 3 if triple else 1
        return (column + quote + width, end_column - width) if quote >= 0 else (column, end_column)

    def _code_points(self, line: int, column: int) -> int:
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return (column if text.isascii() else len(text.encode()[:column].decode("utf-8", "replace"))) + 1


def nearest(name: str, names: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """The names most like this one, the most alike first; private ones only for a private name."""
    shown = [found for found in dict.fromkeys(names) if name.startswith("_") or not found.startswith("_")]
    lowered: dict[str, str] = {}
    for found in shown:
        lowered.setdefault(found.lower(), found)
    wanted = name.lower()
    # A quick look at lengths and letters spares the slow comparison of thousands of names.
    letters = set(wanted)
    likely = [
        found
        for found in lowered
        if abs(len(found) - len(wanted)) <= 12 and len(letters & set(found)) * 2 >= len(letters)
    ]
    matches = difflib.get_close_matches(wanted, likely, n=count, cutoff=0.6)
    return tuple(lowered[match] for match in matches)


def is_claimed(value: Value) -> bool:
    """Whether a value rests on a parameter's annotation alone."""
    return any(isinstance(option, Instance) and option.claimed for option in options(value))


def describe(value: Value) -> str:
    """A value in a message's words."""
    match value:
        case Module(name):
            return name
        case Class():
            return value.name
        case Instance(cls):
            return cls.name
        case Function(_, name):
            return f"{name}()"
        case OneOf():
            return " or ".join(dict.fromkeys(describe(choice) for choice in options(value)))
    return "this"
