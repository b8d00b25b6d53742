"""What files set by computed names: ``setattr``, ``globals()``, ``__dict__``, ``__getattr__``.

What can be read off (a loop over literals, a constant string) becomes names; the rest makes a class or a
module open.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from callwright_grounding.environment.summary import Entry
from callwright_grounding.environment.syntax import dotted, last_name, string_constants

if TYPE_CHECKING:
    from callwright_grounding.environment.reader import FileReader


def class_is_dynamic(reader: FileReader, node: ast.ClassDef, members: dict[str, Entry]) -> bool:
    """Whether instances may have attributes that no statement names; adds constant ones to ``members``."""
    if not reader.is_dynamic(node):
        return False
    found = False
    # Walking whole classes for the sake of one method was a fifth of an index's time.
    telling = (item for item in node.body if reader.may_set(item) and not _restores(item))
    for item in (part for statement in telling for part in ast.walk(statement)):
        if isinstance(item, ast.Call):
            found |= _dynamic_call(item, members)
        elif isinstance(item, ast.Attribute) and item.attr == "__dict__" and isinstance(item.ctx, ast.Store):
            found = True
        elif isinstance(item, ast.Subscript) and isinstance(item.ctx, ast.Store):
            found |= _names_mapping(item.value)
        elif isinstance(item, ast.Assign) and isinstance(item.value, ast.Attribute | ast.Call):
            # `d = self.__dict__` may be written to under its other name.
            found |= _names_mapping(item.value)
    return found


def _restores(node: ast.stmt) -> bool:
    """Whether a method only puts back, copies or guards attributes that are set elsewhere by their names."""
    return isinstance(node, ast.FunctionDef) and node.name in (
        "__copy__", "__deepcopy__", "__getstate__", "__reduce__", "__reduce_ex__", "__setattr__",
        "__setstate__", "__delattr__",
    )  # fmt: skip


def _names_mapping(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "__dict__"
    return (
        isinstance(node, ast.Call) and last_name(node) in ("vars", "locals", "globals") and not dotted(node)
    )


def _dynamic_call(call: ast.Call, members: dict[str, Entry]) -> bool:
    name = last_name(call)
    if name in ("setattr", "__setattr__") and call.args:
        key = call.args[1] if name == "setattr" and len(call.args) > 1 else call.args[0]
        if name == "__setattr__" and len(call.args) == 3:
            key = call.args[1]
        own = name == "__setattr__" or (
            isinstance(call.args[0], ast.Name) and call.args[0].id in ("self", "cls")
        )
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            members.setdefault(key.value, ["v", "i", None, None])
            return False
        return own
    if name == "exec":
        return True
    return isinstance(call.func, ast.Attribute) and name == "update" and _names_mapping(call.func.value)


def read_module_dynamics(reader: FileReader, tree: ast.Module) -> None:
    """Add names a module sets by computed strings, or say why it is open."""
    summary = reader.summary
    if "__getattr__" in summary.names and not reader.stub:
        _module_getattr(reader, tree)
    if reader.dynamic:
        for node in tree.body:
            if not reader.is_dynamic(node):
                continue
            if not isinstance(node, ast.ClassDef):
                _top_level(reader, node)
    if summary.stars and summary.all and not summary.all_complete:
        summary.all = None


def _module_getattr(reader: FileReader, tree: ast.Module) -> None:
    """Names a module's ``__getattr__`` knows; open unless it ends by raising AttributeError."""
    summary = reader.summary
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "__getattr__" and len(node.args.args) == 1:
            summary.extra += string_constants(node)
            for item in ast.walk(node):
                if isinstance(item, ast.Name):
                    summary.extra += reader.literals.get(item.id, [])
            last = node.body[-1]
            raises = (
                isinstance(last, ast.Raise)
                and last.exc is not None
                and last_name(last.exc) == "AttributeError"
            )
            if not raises or _delegates(node):
                summary.open = "has a __getattr__"
            return
    summary.open = "has a __getattr__"


def _delegates(node: ast.FunctionDef) -> bool:
    """Whether a ``__getattr__`` looks the name up elsewhere, as ``getattr(other, name)``."""
    parameter = node.args.args[0].arg
    return any(
        isinstance(item, ast.Call)
        and last_name(item) == "getattr"
        and len(item.args) > 1
        and isinstance(item.args[1], ast.Name)
        and item.args[1].id == parameter
        for item in ast.walk(node)
    )


def _top_level(reader: FileReader, node: ast.stmt) -> None:
    loops = [item for item in ast.walk(node) if isinstance(item, ast.For)]
    function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    for item in ast.walk(node):
        if isinstance(item, ast.Subscript) and isinstance(item.ctx, ast.Store):
            if isinstance(item.value, ast.Call) and last_name(item.value) in ("globals", "vars", "locals"):
                _set_global(reader, item.slice, loops)
            elif dotted(item.value) == "sys.modules" and "__name__" in string_names(item.slice):
                reader.summary.open = reader.summary.open or (
                    "" if reader.summary.lazy else "replaces itself"
                )
        elif isinstance(item, ast.Assign) and _is_globals(item.value):
            reader.summary.open = reader.summary.open or "names its globals"
        elif isinstance(item, ast.Call):
            if last_name(item) == "exec" and not function:
                reader.summary.open = "runs computed code"
            _top_level_call(reader, item, loops)


def _is_globals(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "globals"


def _top_level_call(reader: FileReader, call: ast.Call, loops: list[ast.For]) -> None:
    name = last_name(call)
    if any(_is_globals(argument) for argument in (*call.args, *(word.value for word in call.keywords))):
        reader.summary.open = reader.summary.open or "hands its globals on"
    if name == "update" and isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Call):
        if last_name(call.func.value) in ("globals", "vars", "locals"):
            reader.summary.open = "adds computed names"
    elif name == "setattr" and len(call.args) > 1:
        target, key = call.args[0], call.args[1]
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            reader.stored.add(key.value)
        elif "modules" in string_names(target) or "__name__" in string_names(target):
            _set_global(reader, key, loops)
        elif dotted(target):
            reader.summary.opened.append(dotted(target))


def string_names(node: ast.AST) -> set[str]:
    """Every identifier in a piece of syntax."""
    names = {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}
    return names | {item.attr for item in ast.walk(node) if isinstance(item, ast.Attribute)}


def _set_global(reader: FileReader, key: ast.expr, loops: list[ast.For]) -> None:
    """Add the names that one ``globals()[key] = …`` defines."""
    if isinstance(key, ast.Constant) and isinstance(key.value, str):
        reader.define(reader.summary.names, key.value, ["v", "", None, None])
        return
    if isinstance(key, ast.Name) and (found := _loop_names(reader, key.id, loops)) is not None:
        reader.summary.extra += found  # set where they exist: accepted, never offered
        return
    if isinstance(key, ast.Name):
        key = next((made for loop in loops for made in _made_names(loop, key.id)), key)
    first = key.values[0] if isinstance(key, ast.JoinedStr) and key.values else None
    if isinstance(first, ast.Constant) and str(first.value).startswith("_"):
        return  # private names are never judged
    reader.summary.open = reader.summary.open or "adds computed names"


def _loop_names(reader: FileReader, variable: str, loops: list[ast.For]) -> list[str] | None:
    for loop in loops:
        if not (isinstance(loop.target, ast.Name) and loop.target.id == variable):
            continue
        source = loop.iter
        if isinstance(source, ast.List | ast.Tuple | ast.Set):
            return string_constants(source)
        if isinstance(source, ast.Name) and source.id in reader.literals:
            return reader.literals[source.id]
        if isinstance(source, ast.Call) and last_name(source) == "dir" and source.args:
            reader.summary.stars.append("=" + dotted(source.args[0]))
            return []
    return None


def _made_names(loop: ast.For, variable: str) -> list[ast.expr]:
    """What a loop's body assigns to ``variable``."""
    return [
        item.value
        for item in loop.body
        if isinstance(item, ast.Assign)
        and isinstance(item.targets[0], ast.Name)
        and item.targets[0].id == variable
    ]
