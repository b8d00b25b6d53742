"""What names stand for while a file is walked from top to bottom."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from callwright_grounding.environment.functions import simple_statements
from callwright_grounding.resolution.values import Class, Value, one_of

Bindings = dict[str, Value | None]


@dataclass
class Frame:
    """One module, class body or function that is being walked."""

    kind: str
    """``module``, ``class`` or ``function``."""
    parent: Frame | None = None
    bindings: Bindings = field(default_factory=dict)
    """What each name stands for at this point."""
    every: dict[str, list[Value | None]] = field(default_factory=dict)
    """All values a name is given anywhere in the frame: what a function called later may see."""
    local: set[str] = field(default_factory=set)
    """Names that belong to this function; before they are bound they hide outer ones."""
    returns: list[Value | None] = field(default_factory=list)
    """What the function's ``return`` statements hand back."""
    cls: Class | None = None
    """The class whose body or method this is."""
    finished: bool = False

    def bind(self, name: str, value: Value | None) -> None:
        """Give a name a value."""
        self.bindings[name] = value
        self.every.setdefault(name, []).append(value)

    def doubt(self, names: Iterable[str]) -> None:
        """Forget what names stand for, where they are bound here."""
        for name in names:
            if name in self.bindings:
                self.bindings[name] = None

    def finish(self) -> None:
        """From now on names stand for any value they were ever given."""
        self.finished = True
        self.bindings = {name: one_of(values) for name, values in self.every.items()}


def merged(first: Bindings, second: Bindings) -> Bindings:
    """What names stand for after either of two paths was taken."""
    if first is second:
        return first
    result = dict(first)
    for name, value in second.items():
        if name not in result:
            result[name] = value
        elif result[name] is not value and result[name] != value:
            result[name] = one_of((result[name], value))
    return result


def less_sure(before: Bindings, after: Bindings) -> Bindings:
    """What is still known where it is open whether code was run: nothing of what it looked at or changed."""
    return before | {name: value if before.get(name) == value else None for name, value in after.items()}


def assigned_names(body: list[ast.stmt]) -> set[str]:
    """Names that statements bind, nested blocks included, nested functions' insides not."""
    names: set[str] = set()
    pending = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            names.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
            continue
        for target in targets(node):
            # In `self.x[i] = …` nothing is bound: `self` and `i` are read there.
            names.update(
                item.id
                for item in ast.walk(target)
                if isinstance(item, ast.Name) and not isinstance(item.ctx, ast.Load)
            )
        for block in ("body", "orelse", "finalbody"):
            pending += getattr(node, block, ())
        for handler in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            pending += handler.body
            if getattr(handler, "name", None):
                names.add(handler.name)
    return names


def targets(node: ast.stmt) -> list[ast.expr]:
    """What a statement assigns to."""
    match node:
        case ast.Assign():
            return node.targets
        case ast.AnnAssign() | ast.AugAssign() | ast.For() | ast.AsyncFor():
            return [node.target]
        case ast.With() | ast.AsyncWith():
            return [item.optional_vars for item in node.items if item.optional_vars is not None]
        case ast.Delete():
            return node.targets
    return []


def leaves(body: list[ast.stmt]) -> bool:
    """Whether a block never goes on to what comes after it."""
    return bool(body) and isinstance(body[-1], ast.Return | ast.Raise | ast.Continue | ast.Break)


def declared_global(body: list[ast.stmt]) -> set[str]:
    """Names that functions anywhere in a file assign as ``global`` or ``nonlocal``."""
    found: set[str] = set()
    for node in simple_statements(body):
        if isinstance(node, ast.Global | ast.Nonlocal):
            found.update(node.names)
    return found
