"""Is the right API called, and really so? What keeps code that runs and does something else from winning.

A call counts as written where its callable, ids and arguments are the reference's (``api_match``), and as
*called* where that is beyond doubt: it stands outside of functions, conditions and ``try``, and its name is
bound by an import and by nothing else. Where the script was run, the hub's own record of what it served must
agree: no text can forge that.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from typing import Literal

from callwright_grounding.catalogue import Call, CatalogueEntry, named_ids, parse_call
from callwright_plugins.judges.certain import certain_calls
from callwright_plugins.judges.known_calls import KnownCalls
from callwright_training.metrics.calls import matches

Api = Literal["right", "domain", "other"]
"""The reference's API; another one of its domain, by the catalogue; none of both."""


def api_called(
    code: str,
    reference: CatalogueEntry,
    known: KnownCalls,
    *,
    served: Collection[str] | None = None,
    repositories: Collection[str] = (),
) -> Api:
    """Which API a script calls, beside the one that is right.

    Args:
        code: The script.
        reference: The right API.
        known: The calls that exist, with their domains.
        served: Repositories that the hub served to the script; ``None`` where it was not run.
        repositories: What the hub has at all.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "other"
    certain = list(_certainly(tree))
    if any(_is_right(call, reference) and _loaded(call, served, repositories) for call in certain):
        return "right"
    if served is not None and _proved(tree, reference, served, repositories):
        return "right"
    same = (entry for call in certain for entry in known.matches(call) if _loaded(call, served, repositories))
    return "domain" if any(entry.domain == reference.domain for entry in same) else "other"


def _is_right(call: Call, reference: CatalogueEntry) -> bool:
    return call.text == reference.text or matches(call, reference.parsed)


def _loaded(call: Call, served: Collection[str] | None, repositories: Collection[str]) -> bool:
    """Whether the hub served every id of the call that it has; taken on trust where nothing was run."""
    return served is None or all(name in served for name in named_ids(call) if name in repositories)


def _proved(
    tree: ast.Module, reference: CatalogueEntry, served: Collection[str], repositories: Collection[str]
) -> bool:
    """Written anywhere in the script, and the hub served all that it names."""
    wanted = named_ids(reference.parsed) if reference.parsed else ()
    if not wanted or not all(name in repositories and name in served for name in wanted):
        return False
    return any(_is_right(call, reference) for call in _parsed(ast.walk(tree)))


def _certainly(tree: ast.Module) -> Iterator[Call]:
    """Calls that certainly run if the script gets there, of names that imports alone bind."""
    imported, bound = _names(tree)
    for node in certain_calls(tree):
        root = _root(node.func)
        if root in imported and root not in bound:
            yield from _parsed([node])


def _names(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Names that imports bind, and names that anything else binds."""
    imported: set[str] = set()
    bound: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            bound.add(_root(node))  # `AutoModel.from_pretrained = print`
    return imported, bound


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else ""


def _parsed(nodes: Iterator[ast.AST] | list[ast.Call]) -> Iterator[Call]:
    for node in nodes:
        if isinstance(node, ast.Call) and (call := parse_call(ast.unparse(node))) is not None:
            yield call
