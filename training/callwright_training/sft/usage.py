"""What a record's script does with its call: the lines below the call once it is chosen in an editor."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from callwright_training.records import Record


def lines_below_call(record: Record, *, target: str, imports: tuple[str, ...]) -> str:
    """The record's script as it goes on where imports and ``target = call`` stand above already.

    Everything but the call itself follows in its own order, in :func:`ast.unparse`'s spelling and without
    comments; the name that the script gives to the call's result becomes ``target``.

    Args:
        record: A record whose script parses.
        target: The name that the call's result is bound to above.
        imports: Import statements that stand above.

    Returns:
        Whole lines; empty where the script does not make the call, does nothing with it, or uses ``target``
        for something else.
    """
    try:
        tree = ast.parse(record.code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    call = _call_in(tree, record)
    if call is None:
        return ""
    bound = _bound_name(tree, call)
    if bound != target and target in _names(tree):
        return ""
    above = {ast.unparse(statement) for line in imports for statement in ast.parse(line).body}
    renamed = _Renamed(call, bound, target)
    lines = [
        ast.unparse(renamed.visit(statement))
        for statement in _without(tree.body, above)
        if not _only_binds(statement, call)
    ]
    written = "".join(f"{line}\n" for line in lines)
    return written if target in _names(ast.parse(written)) else ""


def _call_in(tree: ast.Module, record: Record) -> ast.Call | None:
    """The script's call of the record's API: the very one if it is there, else the first of the callable."""
    parsed = record.api.parsed
    if parsed is None:
        return None
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    same = [node for node in calls if ast.unparse(node.func) == parsed.callable]
    return next((node for node in same if ast.unparse(node) == record.call), same[0] if same else None)


def _only_binds(statement: ast.stmt, call: ast.Call) -> bool:
    """Whether the statement gives the call's result a name, or none, and does nothing else."""
    if isinstance(statement, ast.Assign):
        return statement.value is call and len(statement.targets) == 1
    return isinstance(statement, ast.Expr | ast.AnnAssign) and statement.value is call


def _bound_name(tree: ast.Module, call: ast.Call) -> str:
    """The one name that the call's result is bound to; empty where it is not."""
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and _only_binds(statement, call):
            [bound] = statement.targets
            return bound.id if isinstance(bound, ast.Name) else ""
    return ""


def _names(tree: ast.Module) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _without(body: list[ast.stmt], above: set[str]) -> Iterator[ast.stmt]:
    """The statements; of imports only what is not above yet."""
    for statement in body:
        if isinstance(statement, ast.ImportFrom):
            module = "." * statement.level + (statement.module or "")
            statement.names = [
                name
                for name in statement.names
                if ast.unparse(ast.ImportFrom(module=module, names=[name], level=0)) not in above
            ]
            if statement.names:
                yield statement
        elif not isinstance(statement, ast.Import) or ast.unparse(statement) not in above:
            yield statement


class _Renamed(ast.NodeTransformer):
    """Puts the name of the result where the call is, and where its former name is."""

    def __init__(self, call: ast.Call, bound: str, target: str) -> None:
        self._call, self._bound, self._target = call, bound, target

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """The name instead of the call itself."""
        if node is self._call:
            return ast.Name(id=self._target, ctx=ast.Load())
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """The new name instead of the former one."""
        return ast.Name(id=self._target, ctx=node.ctx) if self._bound and node.id == self._bound else node
