"""Names that a program uses and never binds, by Python's own symbol tables.

Knows scopes, not order: a name bound anywhere in reach counts as bound, so what is reported is never a matter
of flow. A star import hides everything, and is said so.
"""

from __future__ import annotations

import ast
import builtins
import symtable
from collections.abc import Iterator
from dataclasses import dataclass

_ALWAYS_BOUND = frozenset(dir(builtins)) | {"__file__", "__name__", "__doc__", "__builtins__", "__class__"}


@dataclass(frozen=True)
class UnboundNames:
    """What is used and never bound."""

    imports: tuple[str, ...]
    """Names used as a library is used: called, or the head of a dotted name that is called, or
    capitalised."""
    variables: tuple[str, ...]
    """All others."""
    star: bool
    """Whether a star import may bind any of them."""


def unbound_names(code: str, tree: ast.Module) -> UnboundNames:
    """Find unbound names in a program that parses."""
    top = symtable.symtable(code, "<program>", "exec")
    bound = {
        symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned() or symbol.is_imported()
    }
    bound |= {name for table in _tables(top) for name in _declared_global(table)}
    used = {name for table in _tables(top) for name in _global_uses(table)}
    missing = sorted(used - bound - _ALWAYS_BOUND)
    library = _used_as_library(tree)
    return UnboundNames(
        imports=tuple(name for name in missing if name in library or name[:1].isupper()),
        variables=tuple(name for name in missing if name not in library and not name[:1].isupper()),
        star=any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in ast.walk(tree)),
    )


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)


def _global_uses(table: symtable.SymbolTable) -> Iterator[str]:
    at_top = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (at_top or symbol.is_global()):
            yield symbol.get_name()


def _declared_global(table: symtable.SymbolTable) -> Iterator[str]:
    for symbol in table.get_symbols():
        if symbol.is_declared_global() and symbol.is_assigned():
            yield symbol.get_name()


def _used_as_library(tree: ast.Module) -> set[str]:
    """Names that are called, or head a chain that is called: ``f()``, ``np.zeros()``."""
    heads = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        target: ast.expr = node.func
        while isinstance(target, ast.Attribute):
            target = target.value
        if isinstance(target, ast.Name):
            heads.add(target.id)
    return heads
