"""Which calls of a program are beyond doubt: nothing that stands in a function has run yet."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def certain_calls(tree: ast.Module) -> Iterator[ast.Call]:
    """Calls outside of functions, conditions and ``try``: those that run if the script gets there."""
    waiting: list[ast.AST] = list(reversed(tree.body))
    skipped = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Try, ast.If, ast.IfExp)
    while waiting:
        node = waiting.pop()
        if isinstance(node, skipped):
            continue
        if isinstance(node, ast.Call):
            yield node
        waiting.extend(ast.iter_child_nodes(node))
