"""Classes with all their bases: their order, why they are open, their type parameters."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from callwright_grounding.resolution import overlays
from callwright_grounding.resolution.annotated_types import parse_expression
from callwright_grounding.resolution.values import Class, Instance, TypeVariable, Value, substitute

if TYPE_CHECKING:
    from callwright_grounding.resolution.resolver import Resolver


@dataclass(frozen=True, slots=True)
class Base:
    """One class in a method resolution order, with what its type parameters are there."""

    cls: Class
    mapping: dict[str, Value | None]


@dataclass(frozen=True, slots=True)
class Order:
    """A class with all its bases."""

    bases: tuple[Base, ...]
    open: str
    """Why instances may have more attributes than the bases declare; empty where they are whole."""


def work_out(resolver: Resolver, cls: Class) -> Order:
    """A class with all its bases, nearest first."""
    bases: dict[tuple[str, str], Base] = {}
    reason = class_openness(resolver, cls)
    parents: list[tuple[Class, tuple[Value | None, ...]]] = []
    for text in cls.entry[2]:
        head = text.partition("[")[0].rpartition(".")[2]
        if head in ("Generic", "Protocol", "object"):
            continue
        value = base_value(resolver, cls, text)
        if isinstance(value, Instance):
            parents.append((value.cls, value.arguments))
        else:
            reason = reason or f"its base {text} is not known"
    for parent, arguments in parents:
        order = resolver.order(parent)
        reason = reason or order.open
        mapping = dict(zip(resolver.parameters(parent), arguments, strict=False))
        for base in order.bases:
            inherited = {name: substitute(v, mapping) if v else None for name, v in base.mapping.items()}
            if base.cls == parent:
                inherited = mapping
            bases.pop((base.cls.module, base.cls.name), None)  # the last mention counts, as in C3
            bases[base.cls.module, base.cls.name] = Base(base.cls, inherited)
    own = {name: TypeVariable(name) for name in _own_parameters(resolver, cls)}
    tail: dict[tuple[str, str], Base] = {}
    root = resolver.module_attribute("builtins", "object").value
    if isinstance(root, Class):
        bases.pop((root.module, root.name), None)
        tail[root.module, root.name] = Base(root, {})
    return Order((Base(cls, dict(own)), *bases.values(), *tail.values()), reason)


def base_value(resolver: Resolver, cls: Class, text: str) -> Value | None:
    """What the text of a base stands for, as an instance of it; ``None`` where it is not known."""
    outer = _outer(resolver, cls)
    value = resolver.annotation(cls.module, text, outer)
    if value is None:
        found = resolver.value(cls.module, text, outer)
        if isinstance(found, Class):
            return Instance(found)
    return value


def _outer(resolver: Resolver, cls: Class) -> Class | None:
    """The class that a class stands in."""
    name = cls.name.rpartition(".")[0]
    if not name:
        return None
    value = resolver.module_attribute(cls.module, name.partition(".")[0]).value
    for part in name.split(".")[1:]:
        entry = value.entry[5].get(part) if isinstance(value, Class) else None
        value = Class(cls.module, name, entry) if entry is not None and entry[0] == "c" else None
    return value if isinstance(value, Class) else None


def class_openness(resolver: Resolver, cls: Class) -> str:
    """Why instances may have more attributes than this class, without its bases, declares."""
    _, flags, _, metaclass, decorators, members = cls.entry
    if "g" in flags:
        return "sets attributes by computed names"
    if cls.path != "builtins.object" and ("__getattr__" in members or "__getattribute__" in members):
        own = members.get("__getattr__") or members["__getattribute__"]
        if own[0] == "f" or "__getattr__" in members:
            return f"{cls.name} has a __getattr__"
    for decorator in decorators:
        if decorator.rpartition(".")[2] not in overlays.HARMLESS_CLASS_DECORATORS:
            return f"is decorated with {decorator}"
    if metaclass is not None and metaclass.rpartition(".")[2] not in overlays.HARMLESS_METACLASSES:
        value = resolver.value(cls.module, metaclass)
        special = {"__new__", "__init__", "__getattr__", "__getattribute__"}
        if not isinstance(value, Class) or special & set(value.entry[5]):
            return f"has the metaclass {metaclass}"
    summary = resolver.summary(cls.module)
    if summary is not None and cls.name in summary.opened:
        return "gets attributes by computed names"
    return ""


def _own_parameters(resolver: Resolver, cls: Class) -> list[str]:
    """Names of a class's type parameters, in order."""
    names: dict[str, None] = {}
    explicit: dict[str, None] = {}
    for text in cls.entry[2]:
        node = parse_expression(text)
        if not isinstance(node, ast.Subscript):
            continue
        head = text.partition("[")[0].rpartition(".")[2]
        for item in ast.walk(node.slice):
            if isinstance(item, ast.Name) and isinstance(resolver.alias(cls.module, item.id), TypeVariable):
                (explicit if head in ("Generic", "Protocol") else names)[item.id] = None
    return list(explicit or names)
