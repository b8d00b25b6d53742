"""Where code itself expects that a name may be missing: there nothing is reported."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

_PROBED = re.compile(r"""(?:has|get|set|del)attr\(\s*[^,()]*(?:\([^()]*\))?[^,()]*,\s*['"](\w+)['"]""")
_DOUBT = re.compile(
    r"version|platform|os\.name|hasattr|available|AVAILABLE|installed|_HAS|HAS_|has_|support|SUPPORT|IS_|PY3"
)
_CATCHING = {
    "import": {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"},
    "attribute": {"AttributeError", "Exception", "BaseException", "ImportError", "NameError"},
    "keyword": {"TypeError", "Exception", "BaseException"},
}


def probed_names(source: str) -> set[str]:
    """Names that a file asks for with ``hasattr`` and its like."""
    return set(_PROBED.findall(source)) if "attr(" in source else set()


def is_doubting(test: ast.expr, text: str) -> bool:
    """Whether a condition asks for a version, a platform or whether something is there."""
    return _DOUBT.search(text) is not None


def caught(node: ast.Try) -> set[str]:
    """Which kinds of missing names the handlers of a ``try`` expect."""
    names: set[str] = set()
    for handler in node.handlers:
        if handler.type is None:
            return set(_CATCHING)
        for item in ast.walk(handler.type):
            if isinstance(item, ast.Name):
                names.add(item.id)
            elif isinstance(item, ast.Attribute):
                names.add(item.attr)
    return {kind for kind, catching in _CATCHING.items() if names & catching}


def expects_errors(item: ast.withitem) -> bool:
    """Whether a context manager swallows errors: ``suppress``, ``pytest.raises``."""
    call = item.context_expr
    function = call.func if isinstance(call, ast.Call) else call
    name = (
        function.attr
        if isinstance(function, ast.Attribute)
        else function.id
        if isinstance(function, ast.Name)
        else ""
    )
    return name in ("suppress", "raises", "assertRaises", "assertRaisesRegex", "warns", "ignored")


def narrowed_names(test: ast.expr) -> set[str]:
    """Names, or chains such as ``self.x``, whose type a condition looks at."""
    found: set[str] = set()
    for node in ast.walk(test):
        if isinstance(node, ast.Call) and node.args:
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in (
                "isinstance",
                "issubclass",
                "hasattr",
                "callable",
                "type",
                "getattr",
                "is_dataclass",
            ) or (name.startswith(("is_", "_is", "is"))):
                found.add(chain(node.args[0]))
        elif isinstance(node, ast.Attribute) and node.attr == "__class__":
            found.add(chain(node.value))
    return found - {""}


def instance_tests(test: ast.expr) -> Iterator[tuple[str, list[ast.expr]]]:
    """The chains that ``isinstance(chain, classes)`` is asked of, joined by ``and``; and the classes."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for part in test.values:
            yield from instance_tests(part)
    elif isinstance(test, ast.Call) and getattr(test.func, "id", "") == "isinstance" and len(test.args) == 2:
        found, classes = test.args
        if is_plain(found):
            yield chain(found), classes.elts if isinstance(classes, ast.Tuple) else [classes]


def is_plain(node: ast.expr) -> bool:
    """Whether something is a chain of names, with nothing in between."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def chain(node: ast.expr) -> str:
    """``a.b.c`` of a chain of names, subscripts left out; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute | ast.Subscript | ast.NamedExpr):
        if isinstance(node, ast.NamedExpr):
            return node.target.id
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])
