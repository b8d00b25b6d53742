"""What annotations promise, and what aliases and type variables in them stand for."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from callwright_grounding.resolution.scopes import TypeScope
from callwright_grounding.resolution.values import (
    ELLIPSIS,
    NOTHING,
    SELF,
    Class,
    Instance,
    Module,
    TypeVariable,
    Value,
    one_of,
)

if TYPE_CHECKING:
    from callwright_grounding.resolution.resolver import Resolver


@lru_cache(maxsize=50_000)
def parse_expression(text: str) -> ast.expr | None:
    """The syntax of an expression; ``None`` where it is none."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def annotated(
    resolver: Resolver,
    node: ast.expr,
    look: Callable[[str], Value | None],
    alias: Callable[[str], Value | None] | None = None,
) -> Value | None:
    """What an annotation promises.

    Args:
        resolver: Where names are looked up.
        node: Its syntax.
        look: The value of a name in the scope where it stands.
        alias: What a name stands for that is a type alias or a type variable there.
    """
    match node:
        case ast.Constant(value=None):
            return NOTHING
        case ast.Constant(value=str(text)):
            inner = parse_expression(text)
            return None if inner is None else resolver.annotated(inner, look, alias)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return one_of((resolver.annotated(left, look, alias), resolver.annotated(right, look, alias)))
        case ast.Subscript(value=head, slice=inner):
            return _subscripted(resolver, head, inner, look, alias)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return _named_type(resolver, node, name, look, alias)
    return None


def _named_type(
    resolver: Resolver,
    node: ast.expr,
    name: str,
    look: Callable[[str], Value | None],
    alias: Callable[[str], Value | None] | None,
) -> Value | None:
    if name in ("Self", "Any", "Never", "NoReturn", "LiteralString"):
        return {"Self": SELF, "LiteralString": resolver.builtin("str")}.get(name)
    value = TypeScope(resolver, look).infer(node)
    if isinstance(value, Class):
        return _special_class(resolver, value)
    if isinstance(node, ast.Name) and alias is not None:
        return alias(name)
    if isinstance(node, ast.Attribute):
        holder = TypeScope(resolver, look).infer(node.value)
        if isinstance(holder, Module):
            return resolver.alias(holder.name, name)
    return None


def _special_class(resolver: Resolver, cls: Class) -> Value | None:
    if cls.path == "types.NoneType":
        return NOTHING
    if cls.path in ("typing.Any", "builtins.object"):
        return None
    # PEP 484: `float` also promises `int`, `complex` both; what both have is safe.
    return Instance(cls)


def _subscripted(
    resolver: Resolver,
    head: ast.expr,
    inner: ast.expr,
    look: Callable[[str], Value | None],
    alias: Callable[[str], Value | None] | None,
) -> Value | None:
    name = head.attr if isinstance(head, ast.Attribute) else head.id if isinstance(head, ast.Name) else ""
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if name in ("Optional", "Union"):
        found = [resolver.annotated(part, look, alias) for part in parts]
        return one_of([*found, NOTHING] if name == "Optional" else found)
    if name in ("Annotated", "ClassVar", "Final", "Required", "NotRequired", "ReadOnly", "InitVar"):
        return resolver.annotated(parts[0], look, alias)
    if name == "Literal":
        return one_of(_literal(resolver, part) for part in parts)
    if name in ("type", "Type"):
        return None  # some subclass, of which nothing is said
    value = resolver.annotated(head, look, alias)
    if not isinstance(value, Instance):
        return None
    arguments = tuple(
        ELLIPSIS
        if isinstance(part, ast.Constant) and part.value is ...
        else resolver.annotated(part, look, alias)
        for part in parts
    )
    return Instance(value.cls, arguments)


def _literal(resolver: Resolver, node: ast.expr) -> Value | None:
    if not isinstance(node, ast.Constant):
        return None
    return NOTHING if node.value is None else resolver.builtin(type(node.value).__name__)


def alias(resolver: Resolver, module: str, name: str, depth: int = 0) -> Value | None:
    """A type alias or a type variable, followed through imports."""
    summary = resolver.summary(module)
    entry = None if summary is None else summary.names.get(name) or summary.typing_names.get(name)
    if summary is None or depth > 12:
        return None
    if entry is None:
        for star in (*summary.stars, *summary.typing_stars):
            if (found := alias(resolver, star, name, depth + 1)) is not None:
                return found
        return None
    if entry[0] == "i" and entry[2] is not None:
        if (entry[1], entry[2]) == ("typing", "Text"):
            return resolver.builtin("str")
        return alias(resolver, entry[1], entry[2], depth + 1)
    if entry[0] == "v" and entry[3] and len(entry[3]) == 1:
        text = entry[3][0]
        head = text.partition("(")[0].rpartition(".")[2]
        if head in ("TypeVar", "ParamSpec", "TypeVarTuple"):
            return TypeVariable(name)
        return resolver.annotation(module, text)
    return None
