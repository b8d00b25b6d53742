"""Small questions about pieces of syntax, and of source."""

from __future__ import annotations

import ast

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
# Made once: these are asked for every statement of a library.
_HOLDING = (ast.Attribute, ast.Starred)
_SEQUENCES = (ast.Tuple, ast.List)
_BINDING_NOTHING = frozenset({ast.Assert, ast.Delete, ast.Expr, ast.If, ast.Pass, ast.Raise, ast.Return})


def last_name(node: ast.expr) -> str:
    """``c`` of ``a.b.c`` and of ``a.b.c(...)``; empty for anything else."""
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def dotted(node: ast.expr) -> str:
    """``a.b.c`` of a chain of names; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    parts.append(node.id)
    return ".".join(reversed(parts))


def string_constants(node: ast.AST) -> list[str]:
    """Every string literal in a piece of syntax, in no particular order."""
    return [
        item.value
        for item in ast.walk(node)
        if isinstance(item, ast.Constant) and isinstance(item.value, str)
    ]


def first_parameter(node: FunctionNode) -> str | None:
    """The name of a function's first parameter."""
    arguments = (*node.args.posonlyargs, *node.args.args)
    return arguments[0].arg if arguments else None


def parameter_names(node: FunctionNode) -> set[str]:
    """Names of a function's parameters, of every kind."""
    arguments = node.args
    names = {item.arg for item in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    return names | {item.arg for item in (arguments.vararg, arguments.kwarg) if item is not None}


def local_names(statements: list[ast.stmt]) -> set[str]:
    """Names that the statements of a function bind."""
    names: set[str] = set()
    for node in statements:
        if node.__class__ in _BINDING_NOTHING:
            continue
        if isinstance(node, ast.Assign):
            targets: list[ast.expr] = node.targets
        elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.For | ast.AsyncFor):
            targets = [node.target]
        elif isinstance(node, ast.With | ast.AsyncWith):
            targets = [item.optional_vars for item in node.items if item.optional_vars is not None]
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update(alias.asname or alias.name.split(".")[0] for alias in node.names)
            continue
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
            continue
        else:
            continue
        for target in targets:
            _add_names(target, names)
    return names


def _add_names(target: ast.expr, names: set[str]) -> None:
    """Add every name in an assignment target: by hand, as walking costs several times as much."""
    while isinstance(target, _HOLDING):
        target = target.value
    if isinstance(target, ast.Name):
        names.add(target.id)
    elif isinstance(target, _SEQUENCES):
        for item in target.elts:
            _add_names(item, names)
    elif isinstance(target, ast.Subscript):
        _add_names(target.value, names)
        _add_names(target.slice, names)
    elif not isinstance(target, ast.Constant):
        names.update(item.id for item in ast.walk(target) if isinstance(item, ast.Name))


def lines_with(words: tuple[bytes, ...], source: bytes) -> list[int]:
    """Numbers of the lines with any of the words; several times as fast as one pattern of them all."""
    places: list[int] = []
    for word in words:
        place = source.find(word)
        while place >= 0:
            places.append(place)
            place = source.find(word, place + 1)
    numbers: list[int] = []
    line = seen = 0
    for place in sorted(places):
        line += source.count(b"\n", seen, place)
        seen = place
        numbers.append(line + 1)
    return numbers
