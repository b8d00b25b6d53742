"""Conditions on ``sys.platform``, decided for the platform this runs on, which is the user's own."""

from __future__ import annotations

import ast
import sys

from callwright_grounding.environment.syntax import dotted


def platform_test(test: ast.expr) -> bool | None:
    """The truth of a condition on ``sys.platform``; ``None`` for any other condition."""
    match test:
        case ast.BoolOp(op=operator, values=values):
            parts = [platform_test(value) for value in values]
            decisive = isinstance(operator, ast.Or)
            if decisive in parts:
                return decisive
            return None if None in parts else not decisive
        case ast.Compare(
            left=left, ops=[ast.Eq() | ast.NotEq() as operator], comparators=[ast.Constant(value=name)]
        ):
            if dotted(left) == "sys.platform":
                return (sys.platform == name) is isinstance(operator, ast.Eq)
        case ast.Call(
            func=ast.Attribute(value=owner, attr="startswith"), args=[ast.Constant(value=str(name))]
        ):
            if dotted(owner) == "sys.platform":
                return sys.platform.startswith(name)
    return None
