"""What checking finds."""

from __future__ import annotations

from dataclasses import dataclass

ERROR, WARNING = "error", "warning"

CODES = {
    "import-module": "a module that is imported does not exist in its package",
    "import-name": "a name that is imported does not exist in its module",
    "attribute": "an attribute that is read does not exist on its module, class or object",
    "keyword": "a call names a keyword that the function does not take",
    "task": "a pipeline task that the installed transformers does not know",
    "repo-id": "a repository id that is not in the catalogue",
    "unreadable": "a file cannot be decoded or parsed, and was not checked",
}
"""Every code, with what it means; ``# callwright: ignore[code]`` takes these."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One name that does not exist."""

    line: int
    """From 1."""
    column: int
    """From 1, in code points."""
    end_line: int
    end_column: int
    severity: str
    """``error``: all names are known, and this is not among them. ``warning``: likely so."""
    code: str
    """One of :data:`CODES`."""
    message: str
    suggestions: tuple[str, ...] = ()
    """Nearest names that do exist, the nearest first: each can stand in the place from start to end."""
    cell: int | None = None
    """The notebook's cell, from 0; lines count within it. ``None`` in a Python file."""
