"""What a function returns, as its body shows it.

``=expression`` where every ``return`` hands back the same thing, by a name that stands for one thing. ``~``
with one expression a line where that is likely: several things are returned, or a local variable, or what a
method of the same object returns, which a subclass may replace.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from callwright_grounding.environment.syntax import (
    FunctionNode,
    first_parameter,
    local_names,
    parameter_names,
)

if TYPE_CHECKING:
    from callwright_grounding.environment.reader import FileReader

_DEFINING = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_YIELDING = (ast.Yield, ast.YieldFrom)
_MOST = 4
"""Different things that a function may return and still be understood."""


def shown_result(reader: FileReader, node: FunctionNode, statements: list[ast.stmt]) -> str | None:
    """What the body of a function shows that it returns; ``None`` where it does not show it."""
    values: list[ast.expr | None] = []
    for item in statements:
        if isinstance(item, ast.Return):
            values.append(item.value)
        elif isinstance(item, _DEFINING) or (
            isinstance(item, ast.Expr) and isinstance(item.value, _YIELDING)
        ):
            return None  # other `return` statements than the function's own are among them, or it is none
    if not any(value is not None for value in values) or len(values) > 12:
        return None
    body = _Body(reader, node, statements)
    texts: dict[str, None] = {}
    for value in values:
        found = body.texts(value) if value is not None else ["None"]
        if found is None:
            return None
        texts |= dict.fromkeys(found)
    if len(texts) > _MOST or all(text == "None" for text in texts):
        return None
    certain = len(texts) == 1 and len(values) <= 3 and not body.guessed
    return ("=" if certain else "~") + "\n".join(texts)


class _Body:
    """Turns the expressions of one body into such as can be understood outside of it.

    Args:
        reader: The file's reader.
        node: The function.
        statements: All statements of its body.
    """

    def __init__(self, reader: FileReader, node: FunctionNode, statements: list[ast.stmt]) -> None:
        self.reader, self.statements = reader, statements
        self.first = first_parameter(node)
        self.parameters = parameter_names(node)
        self.local = (local_names(statements) | self.parameters | {" "}) - {self.first or ""}
        self.guessed = False

    def texts(self, value: ast.expr) -> list[str] | None:
        """What one expression may be; ``None`` where that is not known."""
        if isinstance(value, ast.IfExp):
            parts = [self.texts(value.body), self.texts(value.orelse)]
            return None if None in parts else [text for part in parts if part is not None for text in part]
        if isinstance(value, ast.Name) and value.id in self.local:
            return self._variable(value.id)
        text = self._text(value)
        return [text] if text is not None else None

    def _text(self, value: ast.expr) -> str | None:
        plain = isinstance(value, ast.Call | ast.Name | ast.Constant | ast.JoinedStr)
        shown = plain or isinstance(value, ast.Dict | ast.List | ast.Set | ast.DictComp | ast.ListComp)
        text = self.reader.value_text(value, self.local) if shown else None
        if text is None:
            return None
        self.guessed |= not plain
        if self.first is not None and (
            text == self.first or text.startswith((f"{self.first}.", f"{self.first}("))
        ):
            self.guessed |= text.startswith(f"{self.first}.")
            return ("self" if self.first != "cls" else "cls") + text[len(self.first) :]
        return text

    def _variable(self, name: str) -> list[str] | None:
        """What a local variable is given, where every statement that binds it shows that."""
        if name in self.parameters:
            return None
        self.guessed = True
        found: list[str] = []
        for statement in self.statements:
            value = _given(statement, name)
            if value is None and name in local_names([statement]):
                return None
            text = self._text(value) if value is not None else None
            if value is not None and text is None:
                return None
            found += [text] if text is not None else []
        return found or None


def _given(statement: ast.stmt, name: str) -> ast.expr | None:
    """What a statement assigns to a name, where it assigns to nothing else."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign):
        target = statement.target
    else:
        return None
    return statement.value if isinstance(target, ast.Name) and target.id == name else None
