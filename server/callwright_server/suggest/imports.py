"""The imports of a buffer: what names it binds, and what a call still needs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from callwright_server.suggest.document import Document

_STATEMENT = re.compile(
    r"^[ \t]*((?:from[ \t]+[\w.]+[ \t]+import[ \t]+(?:\([^)#]*\)|[^\r\n#;(]+))|import[ \t]+[\w., \t]+)",
    re.MULTILINE,
)
_HEAD = re.compile(
    r"(?:\ufeff?\#![^\r\n]*(?:\r\n|\n|\r))?(?:\#.*-\*-[^\r\n]*(?:\r\n|\n|\r))?"
    r"(?:[rR]?(?:\"{3}.*?\"{3}|'{3}.*?'{3})[ \t]*(?:\r\n|\n|\r))?",
    re.DOTALL,
)
SEARCHED = 200_000
"""Characters at the top of a buffer in which imports are looked for."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A name that an import binds."""

    name: str
    """The name in the file: ``np``."""
    path: str
    """What it stands for: ``numpy``, ``transformers.pipeline``."""


@lru_cache(maxsize=1024)
def bindings_of(statement: str) -> tuple[Binding, ...]:
    """The names that one import statement binds; none where it does not parse, relative imports left out."""
    try:
        nodes = ast.parse(statement.strip()).body
    except (SyntaxError, ValueError):
        return ()
    found: list[Binding] = []
    for node in nodes:
        if isinstance(node, ast.Import):
            found += [_module(alias) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found += [
                Binding(alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names
            ]
    return tuple(found)


def bindings_around(document: Document, offset: int) -> dict[str, str]:
    """Name to path, of all imports near the top but those on the cursor's line, which are being written."""
    line, _ = document.place(offset)
    start = document.starts[line]
    end = start + len(document.line(line))
    return bindings(document.text[: min(start, SEARCHED)] + document.text[end:SEARCHED])


def bindings(text: str) -> dict[str, str]:
    """Name to path, of all imports near the top of a buffer, also of one that does not parse."""
    statements = (match.group(1) for match in _STATEMENT.finditer(text, 0, SEARCHED))
    return {binding.name: binding.path for statement in statements for binding in bindings_of(statement)}


def missing(imports: Iterable[str], bound: dict[str, str]) -> tuple[str, ...]:
    """Those import statements of which the file does not bind every name."""
    return tuple(
        statement
        for statement in imports
        if not all(bound.get(binding.name) == binding.path for binding in bindings_of(statement))
    )


def _module(alias: ast.alias) -> Binding:
    if alias.asname:
        return Binding(alias.asname, alias.name)
    root = alias.name.partition(".")[0]
    return Binding(root, root)


def place_for_import(document: Document) -> int:
    """The line on which a new import is put: below the last import at the top, else below the file's head.

    The head is what must stay on top: a shebang, comments, the docstring.
    """
    last = -1
    for match in _STATEMENT.finditer(document.text, 0, SEARCHED):
        if not match.group().startswith((" ", "\t")):
            last = document.place(match.end() - 1)[0]
    if last >= 0:
        return last + 1
    head = _HEAD.match(document.text)
    return document.place(head.end())[0] if head else 0
