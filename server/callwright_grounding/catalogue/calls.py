"""API calls as they are written in catalogues and records, read without running them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache

_NOT_IDS = frozenset(
    {
        "task",
        "framework",
        "revision",
        "savedir",
        "subfolder",
        "filename",
        "device",
        "device_map",
        "torch_dtype",
    }
)


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


def named_ids(call: Call) -> tuple[str, ...]:
    """The ids (of models, repositories, modules) that a call names, in order, without repetition.

    Those are its string literals but for the task of a ``pipeline`` and for arguments that never name one,
    such as ``revision``.
    """
    skipped = {string_literal(source) for name, source in call.keywords if name in _NOT_IDS}
    skipped.add(named_task(call))
    return tuple(dict.fromkeys(string for string in call.strings if string not in skipped))


def named_task(call: Call) -> str | None:
    """The task that a ``pipeline`` is asked for, such as ``fill-mask``; ``None`` for other calls."""
    if not call.callable.lower().endswith("pipeline"):
        return None
    given = call.positional[:1] or tuple(source for name, source in call.keywords if name == "task")
    return string_literal(given[0]) if given else None


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


def string_literal(source: str) -> str | None:
    """What an argument's source says where it is one string literal."""
    try:
        value = ast.literal_eval(source)
    except (ValueError, SyntaxError):
        return None
    return value if isinstance(value, str) else None
