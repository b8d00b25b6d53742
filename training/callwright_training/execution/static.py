"""The static tier: will a script fail? Answered in under a millisecond, without running any of it.

Knows the environment's modules, names, pipeline tasks and Auto classes, the hub's repositories, and what
grounding's checker finds. Says "it fails" only where it must; whatever depends on values (shapes, types,
files) it lets pass.
"""

from __future__ import annotations

import ast
import builtins
import json
import re
import symtable
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from callwright_grounding.checking import ERROR, Checker
from callwright_plugins.judges.certain import certain_calls
from callwright_training.execution.environment import Environment
from callwright_training.execution.verdict import Failure, Script, Verdict

STATIC = "static"
"""What :attr:`Verdict.mode` says of a verdict that nothing was run for."""

_FAILURES = {"import-module": Failure.MISSING_PACKAGE, "import-name": Failure.MISSING_NAME}
_LOADERS = frozenset({"from_pretrained", "SentenceTransformer", "CrossEncoder"})
_ID_ARGUMENTS = frozenset({"pretrained_model_name_or_path", "model_name_or_path", "model"})
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.\-]*(/[\w.\-]+)?")
_TRANSLATION = re.compile(r"translation_\w+_to_\w+")
_BUILTINS = frozenset(dir(builtins)) | {
    "__file__",
    "__name__",
    "__doc__",
    "__builtins__",
    "WindowsError",
}


@dataclass(frozen=True)
class Reason:
    """Why a script must fail."""

    failure: Failure
    message: str
    line: int | None = None


@dataclass(frozen=True)
class Agreement:
    """The static tier beside the runner, over the same scripts; "positive" is "it fails"."""

    true_positive: int
    false_positive: int
    false_negative: int
    true_negative: int

    @property
    def precision(self) -> float:
        """Of the scripts that the static tier fails, the share that the runner fails."""
        return self.true_positive / max(1, self.true_positive + self.false_positive)

    @property
    def recall(self) -> float:
        """Of the scripts that the runner fails, the share that the static tier fails."""
        return self.true_positive / max(1, self.true_positive + self.false_negative)


class StaticTier:
    """Judges scripts for one environment without running them.

    Not for several threads at once: give each its own.

    Args:
        environment: A prepared environment, or a bare one, of which little is known.
        checker: Grounding's checker for its interpreter, where one is at hand (see :meth:`with_checker`).
    """

    def __init__(self, environment: Environment, checker: Checker | None = None) -> None:
        self.environment = environment
        self.checker = checker

    @classmethod
    def with_checker(cls, environment: Environment) -> StaticTier:
        """With grounding's checker over what is indexed of the environment."""
        from callwright_grounding.environment import Environment as Index
        from callwright_grounding.environment import describe_interpreter

        return cls(environment, Checker(Index(describe_interpreter(environment.surroundings.python))))

    def verdict(self, script: Script) -> Verdict:
        """Judge one script; ``ok`` where nothing speaks against it."""
        if script.code is None or not script.code.strip():
            return Verdict(script.id, ok=False, mode=STATIC, failure=Failure.NO_CODE, message="no code")
        reason = next(self._reasons(script.code), None)
        if reason is None:
            return Verdict(script.id, ok=True, mode=STATIC)
        return Verdict(
            script.id, ok=False, mode=STATIC, failure=reason.failure, message=reason.message, line=reason.line
        )

    def _reasons(self, code: str) -> Iterator[Reason]:
        """Reasons to fail, cheapest first; the caller stops at the first."""
        try:
            tree = ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            yield Reason(Failure.SYNTAX, str(error), getattr(error, "lineno", None))
            return
        yield from self._import_reasons(tree.body)
        yield from _undefined(code, tree)
        yield from self._call_reasons(tree)
        if self.checker is not None:
            for finding in self.checker.check(code):
                if finding.severity == ERROR and finding.code not in {"task", "repo-id"}:
                    yield Reason(_FAILURES.get(finding.code, Failure.MISUSE), finding.message, finding.line)

    def _import_reasons(self, body: Sequence[ast.stmt]) -> Iterator[Reason]:
        """Imports that must fail, of the statements that certainly run."""
        for node in body:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield from self._module(alias.name, node.lineno)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield from self._module(node.module, node.lineno)
                known = self._facts.names.get(node.module, frozenset())
                for alias in node.names if known else ():
                    if alias.name not in known | {"*"}:
                        message = f"cannot import name {alias.name!r} from {node.module!r}"
                        yield Reason(Failure.MISSING_NAME, message, node.lineno)

    def _module(self, name: str, line: int) -> Iterator[Reason]:
        top = name.partition(".")[0]
        if self._facts.modules and top not in self._facts.modules:
            yield Reason(Failure.MISSING_PACKAGE, f"no module named {top!r}", line)

    def _call_reasons(self, tree: ast.Module) -> Iterator[Reason]:
        constants = _constants(tree)
        rebound = {
            node.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        for node in certain_calls(tree):
            name, owner = _called(node)
            if (owner or name) in rebound:
                continue
            if name == "pipeline" and not owner:
                yield from self._pipeline(node, constants)
            elif name in _LOADERS:
                yield from self._load(node, name, owner, constants)
            elif name in self._facts.dummies and not owner:
                yield Reason(
                    Failure.MISSING_PACKAGE, f"{name} needs a backend that is not installed", node.lineno
                )

    def _pipeline(self, node: ast.Call, constants: dict[str, str]) -> Iterator[Reason]:
        task = _argument(node, 0, {"task"}, constants)
        tasks = self._facts.tasks
        if task and tasks and task not in tasks and not _TRANSLATION.fullmatch(task):
            yield Reason(Failure.MISUSE, f"no pipeline task {task!r}", node.lineno)
        yield from self._repository(_argument(node, 1, {"model"}, constants), node.lineno)

    def _load(self, node: ast.Call, name: str, owner: str, constants: dict[str, str]) -> Iterator[Reason]:
        if owner in self._facts.dummies:
            yield Reason(
                Failure.MISSING_PACKAGE, f"{owner} needs a backend that is not installed", node.lineno
            )
        repository = _argument(node, 0, _ID_ARGUMENTS, constants)
        yield from self._repository(repository, node.lineno)
        model_type = self._facts.types.get((repository or "").lower())
        types = self._facts.auto.get(owner)
        if name == "from_pretrained" and model_type and types and model_type not in types:
            yield Reason(Failure.MISUSE, f"{owner} does not take {repository} ({model_type})", node.lineno)

    def _repository(self, name: str | None, line: int) -> Iterator[Reason]:
        known = self._facts.types
        if (
            name
            and known
            and _REPOSITORY.fullmatch(name)
            and name.lower() not in known
            and not _is_path(name)
        ):
            yield Reason(Failure.UNKNOWN_MODEL, f"{name!r} is not a repository of the hub", line)

    @cached_property
    def _facts(self) -> _Facts:
        return _Facts.read(self.environment.surroundings.hub)


@dataclass(frozen=True)
class _Facts:
    """What preparation wrote down of the environment; empty where it did not."""

    names: dict[str, frozenset[str]] = field(default_factory=dict)
    modules: frozenset[str] = frozenset()
    dummies: frozenset[str] = frozenset()
    tasks: frozenset[str] = frozenset()
    auto: dict[str, frozenset[str]] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    """Model type of every repository, by its id in lower case."""

    @classmethod
    def read(cls, hub: Path | None) -> _Facts:
        if hub is None or not (hub / "facts.json").is_file():
            return cls()
        facts: dict[str, Any] = json.loads((hub / "facts.json").read_text(encoding="utf-8"))
        rows: dict[str, Any] = json.loads((hub / "index.json").read_text(encoding="utf-8"))["repositories"]
        return cls(
            names={module: frozenset(names) for module, names in facts["names"].items()},
            modules=frozenset(facts["modules"]),
            dummies=frozenset(facts["dummies"]),
            tasks=frozenset(facts["tasks"]),
            auto={name: frozenset(types) for name, types in facts["auto"].items()},
            types={name.lower(): row["type"] for name, row in rows.items()},
        )


def static_verdict(script: Script, environment: Environment) -> Verdict:
    """Judge one script; for many, make a :class:`StaticTier` once."""
    return StaticTier(environment).verdict(script)


def compare(static: Iterable[Verdict], run: Iterable[Verdict]) -> Agreement:
    """Set the static tier's verdicts beside the runner's, by id."""
    ran = {verdict.id: verdict.ok for verdict in run}
    pairs = [(not verdict.ok, not ran[verdict.id]) for verdict in static if verdict.id in ran]
    count = {pair: pairs.count(pair) for pair in ((True, True), (True, False), (False, True), (False, False))}
    return Agreement(count[True, True], count[True, False], count[False, True], count[False, False])


def _undefined(code: str, tree: ast.Module) -> Iterator[Reason]:
    """Names that nothing binds, where code that certainly runs reads them."""
    if any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in ast.walk(tree)):
        return
    table = symtable.symtable(code, "script", "exec")
    bound = {
        symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()
    }
    missing = set(_unbound(table, bound | _BUILTINS, _read(table)))
    if not missing:
        return
    guarded = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.Try) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in missing and id(node) not in guarded:
            yield Reason(Failure.UNDEFINED_NAME, f"name {node.id!r} is not defined", node.lineno)
            return


def _read(table: symtable.SymbolTable) -> set[str]:
    return {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}


def _unbound(
    table: symtable.SymbolTable, known: frozenset[str] | set[str], called: set[str]
) -> Iterator[str]:
    for symbol in table.get_symbols():
        if symbol.is_referenced() and symbol.is_global() and symbol.get_name() not in known:
            yield symbol.get_name()
    for inner in table.get_children():
        name = inner.get_name()
        if inner.get_type() == "class" or name in called or name in _ANONYMOUS:
            called |= _read(inner)
            yield from _unbound(inner, known, called)


_ANONYMOUS = frozenset({"genexpr", "listcomp", "setcomp", "dictcomp"})


def _constants(tree: ast.Module) -> dict[str, str]:
    """Names that the script sets once, to a string."""
    found: dict[str, str] = {}
    often: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            if node.id in found:
                often.add(node.id)
            found.setdefault(node.id, "")
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            for target in statement.targets:
                if isinstance(target, ast.Name) and isinstance(statement.value.value, str):
                    found[target.id] = statement.value.value
    return {name: value for name, value in found.items() if value and name not in often}


def _called(node: ast.Call) -> tuple[str, str]:
    """``from_pretrained`` and ``AutoModel`` of ``transformers.AutoModel.from_pretrained``."""
    function = node.func
    if isinstance(function, ast.Name):
        return function.id, ""
    if isinstance(function, ast.Attribute):
        owner = function.value
        if isinstance(owner, ast.Name):
            return function.attr, owner.id
        return function.attr, owner.attr if isinstance(owner, ast.Attribute) else "?"
    return "", "?"


def _argument(
    node: ast.Call, position: int, names: set[str] | frozenset[str], known: dict[str, str]
) -> str | None:
    """A string argument's value, where it is written out or a name that is set once."""
    found = next((keyword.value for keyword in node.keywords if keyword.arg in names), None)
    if found is None and len(node.args) > position:
        found = node.args[position]
    if isinstance(found, ast.Constant) and isinstance(found.value, str):
        return found.value
    return known.get(found.id) if isinstance(found, ast.Name) else None


def _is_path(name: str) -> bool:
    return name.startswith((".", "/", "path", "your", "model/", "models/"))
