"""Notebooks: their code cells as one buffer, and findings brought back to cell and line."""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass, replace

from callwright_grounding.checking.finding import Finding

_MAGICS = ("%", "!", "?")


@dataclass(frozen=True)
class Notebook:
    """The code of a notebook."""

    source: str
    """All code cells, one after another."""
    cells: tuple[int, ...]
    """For each code cell its number in the notebook, from 0."""
    starts: tuple[int, ...]
    """For each code cell its first line in ``source``, from 1."""

    def place(self, finding: Finding) -> Finding:
        """The finding with its cell, lines counted within it."""
        at = bisect_right(self.starts, finding.line) - 1
        if at < 0:
            return finding
        shift = self.starts[at] - 1
        cell = self.cells[at]
        return replace(finding, line=finding.line - shift, end_line=finding.end_line - shift, cell=cell)


def read_notebook(text: str) -> Notebook:
    """Read a notebook's Python cells; shell lines and magics become blank statements of the same length.

    Raises:
        ValueError: It is not a notebook.
    """
    document = json.loads(text)
    if not isinstance(document, dict) or not isinstance(document.get("cells"), list):
        raise ValueError("not a notebook: it has no cells")
    lines: list[str] = []
    cells: list[int] = []
    starts: list[int] = []
    for number, cell in enumerate(document["cells"]):
        if not isinstance(cell, dict) or cell.get("cell_type") != "code":
            continue
        source = cell.get("source", "")
        code = "".join(source) if isinstance(source, list) else str(source)
        cells.append(number)
        starts.append(len(lines) + 1)
        lines += _without_magics(code.split("\n"))
    return Notebook("\n".join(lines) + "\n", tuple(cells), tuple(starts))


def _without_magics(lines: list[str]) -> list[str]:
    if lines and lines[0].startswith("%%"):
        return ["pass" for _ in lines]
    return [_plain(line) for line in lines]


def _plain(line: str) -> str:
    stripped = line.lstrip()
    shell = stripped.startswith(_MAGICS) or (stripped.endswith("?") and stripped.rstrip("?").isidentifier())
    return line[: len(line) - len(stripped)] + "pass" if shell else line
