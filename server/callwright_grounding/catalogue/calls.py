"""API calls as they are written in catalogues and records, read without running them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Call:
    """One parsed API call, such as ``pipeline('fill-mask', model='bert-base-uncased')``."""

    text: str
    """The call as Python prints it: one line, single quotes, so that equal calls are equal strings."""
    callable: str
    """Dotted name of what is called: ``AutoModel.from_pretrained``."""
    positional: tuple[str, ...]
    """Source of the positional arguments, in order."""
    keywords: tuple[tuple[str, str], ...]
    """Name and source of the keyword arguments, in order; ``**mapping`` has the name ``**``."""
    strings: tuple[str, ...]
    """Every string literal among the arguments, in order of appearance."""


@lru_cache(maxsize=65536)
def parse_call(source: str) -> Call | None:
    """Read one call; ``None`` where the text holds none.

    Accepts what APIBench holds: an assignment in front (``model = …``), a trailing dot, surrounding quotes or
    white space, a call inside a chain (the outermost call counts).
    """
    for text in (source.strip(), source.strip().rstrip(".,;"), source.strip().strip("`'\"").rstrip(".,;")):
        try:
            module = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        if len(module.body) != 1:
            continue
        node = _value(module.body[0])
        if isinstance(node, ast.Call) and (name := dotted_name(node.func)) is not None:
            return Call(
                text=ast.unparse(node),
                callable=name,
                positional=tuple(ast.unparse(argument) for argument in node.args),
                keywords=tuple(
                    (keyword.arg or "**", ast.unparse(keyword.value)) for keyword in node.keywords
                ),
                strings=tuple(_strings(node)),
            )
    return None


def dotted_name(node: ast.expr) -> str | None:
    """``a.b.c`` of a name or attribute chain; ``None`` where something else is in it."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (head := dotted_name(node.value)) is not None:
        return f"{head}.{node.attr}"
    return None


def _value(statement: ast.stmt) -> ast.expr | None:
    if isinstance(statement, ast.Expr | ast.Assign | ast.AnnAssign):
        return statement.value
    return None


def _strings(call: ast.Call) -> list[str]:
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    nodes = (node for argument in arguments for node in ast.walk(argument))
    constants = [node for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    constants.sort(key=lambda node: (node.lineno, node.col_offset))
    return [str(node.value) for node in constants]
