"""Attribute reads: is the receiver known, and may the author's own name be written?"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from callwright_grounding.checking.checker import module_name
from callwright_grounding.checking.judge import Reporter
from callwright_grounding.checking.walker import Walker
from callwright_grounding.environment.reader import FileReader
from callwright_grounding.resolution.members import is_closed, member_names, names_spoken_of
from callwright_grounding.resolution.resolver import Resolver
from callwright_grounding.resolution.values import Value


def measure_reads(resolver: Resolver, sources: Iterator[tuple[Path, str]], limit: int) -> dict[str, object]:
    """Attribute reads in some files."""
    total = known = allowed = files = 0
    excluded: list[str] = []
    for path, source in sources:
        try:
            tree = ast.parse(source)
        except SyntaxError:
            continue
        counts = _file_reads(resolver, path, source, tree)
        total, known, allowed = total + counts[0], known + counts[1], allowed + counts[2]
        excluded += [f"{_shown(path)}:{line}" for line in counts[3]]
        files += 1
        if total >= limit:
            break
    return {
        "files": files,
        "attribute reads": total,
        "receiver known": known,
        "receiver known %": round(100 * known / max(1, total), 1),
        "author's name allowed, % of known": round(100 * allowed / max(1, known), 2),
        "excluded": excluded[:20],
    }


def _shown(path: Path) -> str:
    """A file as its packages name it, whatever they are installed in."""
    return path.as_posix().rpartition("/site-packages/")[2]


def together(*reports: dict[str, Any]) -> dict[str, object]:
    """Several reports as one."""
    total, known = (sum(report[key] for report in reports) for key in ("attribute reads", "receiver known"))
    return {"attribute reads": total, "receiver known %": round(100 * known / max(1, total), 1)}


def _file_reads(
    resolver: Resolver, path: Path, source: str, tree: ast.Module
) -> tuple[int, int, int, list[str]]:
    module, is_package = module_name(path, resolver.environment.layout)
    reader = FileReader(
        source.encode(), module, is_package=is_package, stub=False, version=resolver.environment.version
    )
    summary = reader.read(tree)
    resolver.forget(module)
    resolver.local[module], resolver.context = summary, module
    walker = ReadCounter(resolver, Reporter(resolver, source, set(reader.stored)), reader, source)
    try:
        walker.walk(tree)
    finally:
        del resolver.local[module]
        resolver.forget(module)
    return walker.total, walker.known, walker.allowed, walker.excluded


class ReadCounter(Walker):
    """Counts attribute reads: is the receiver known, and may the author's own name be written?"""

    def __init__(self, resolver: Resolver, judge: Reporter, reader: FileReader, source: str) -> None:
        super().__init__(resolver, judge, reader)
        self._lines = source.split("\n")
        self.total = self.known = self.allowed = 0
        self.excluded: list[str] = []
        self._pending_reads: dict[int, ast.Attribute] = {}

    def infer_attribute(self, node: ast.Attribute) -> Value | None:
        """Count one read."""
        if isinstance(node.ctx, ast.Load) and not self.file_judge.silent:
            self._pending_reads[id(node.value)] = node
        return super().infer_attribute(node)

    def infer(self, node: ast.expr) -> Value | None:
        """Look at a receiver's value, once it is worked out."""
        read = self._pending_reads.pop(id(node), None)
        value = super().infer(node)
        if read is not None:
            self._count(read, value)
        return value

    def _count(self, node: ast.Attribute, value: Value | None) -> None:
        self.total += 1
        if value is None:
            return
        self.known += 1
        fits = node.attr.startswith("_") or not is_closed(self.resolver, value)
        if fits or node.attr in member_names(self.resolver, value) or self._is_spoken_of(node, value):
            self.allowed += 1
        else:
            self.excluded.append(f"{node.lineno}: {ast.unparse(node)[:80]}")

    def _is_spoken_of(self, node: ast.Attribute, value: Value) -> bool:
        """Whether the code in front of a read speaks of its name."""
        line = (node.value.end_lineno or node.lineno) - 1
        part = self._lines[line].encode()[: node.value.end_col_offset].decode(errors="ignore")
        return node.attr in names_spoken_of(value, "\n".join([*self._lines[:line], part]))
