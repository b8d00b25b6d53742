"""Checks one buffer: parse, summarize, walk, report."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

from callwright_grounding.checking.finding import WARNING, Finding
from callwright_grounding.checking.ignore import ignored_lines
from callwright_grounding.checking.judge import KnownIds, Reporter
from callwright_grounding.checking.walker import Walker
from callwright_grounding.environment.environment import Environment
from callwright_grounding.environment.layout import Layout
from callwright_grounding.environment.reader import FileReader
from callwright_grounding.resolution.resolver import Resolver


class Checker:
    """Finds names that do not exist, in one environment after another buffer.

    Not for several threads at once: give each its own.

    Args:
        environment: What can be imported.
        known: Ids that may be loaded.
    """

    def __init__(self, environment: Environment, known: KnownIds | None = None) -> None:
        self.environment = environment
        self.resolver = Resolver(environment)
        self.known = known or KnownIds()

    def check(self, source: str, path: Path | None = None) -> list[Finding]:
        """Check one buffer.

        Args:
            source: Its text.
            path: Where it lies or would lie: decides relative imports. ``None`` for a buffer without a file.

        Returns:
            Findings in order of position. A buffer that cannot be parsed gives one finding, ``unreadable``.
        """
        try:
            tree = ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return [unreadable(f"cannot be parsed: {_reason(error)}", getattr(error, "lineno", 1) or 1)]
        module, is_package = (
            module_name(path, self.environment.layout) if path is not None else ("__main__", False)
        )
        reader = FileReader(
            source.encode("utf-8", "replace"),
            module,
            is_package=is_package,
            stub=path is not None and path.suffix == ".pyi",
            version=self.environment.version,
        )
        try:
            return self._walk(tree, reader, source, path)
        except RecursionError:
            return [unreadable("is nested too deeply to be checked", 1)]

    def _walk(self, tree: ast.Module, reader: FileReader, source: str, path: Path | None) -> list[Finding]:
        folder = path.parent if path is not None else Path()
        on_disk = path is not None and self._is_as_indexed(reader.module, path)
        indexed = self.resolver.summary(reader.module) if on_disk else None
        summary = indexed or reader.read(tree)
        if not on_disk:
            self.resolver.local[reader.module] = summary
        reporter = Reporter(self.resolver, source, set(summary.stored), self.known, folder)
        self.resolver.context = reader.module
        try:
            Walker(self.resolver, reporter, reader).walk(tree)
        finally:
            if not on_disk:
                del self.resolver.local[reader.module]
                self.resolver.forget(reader.module)
        silenced = ignored_lines(source)
        found = sorted(reporter.findings.values(), key=lambda finding: (finding.line, finding.column))
        return [finding for finding in found if not silenced(finding)]

    def _is_as_indexed(self, module: str, path: Path) -> bool:
        """Whether a file is what the index holds: then nothing needs to be put in its place."""
        if not self.environment.is_indexed(module):
            return False
        location = self.environment.layout.find(module)
        return location is not None and location.source == path


def unreadable(reason: str, line: int) -> Finding:
    """The finding of a file that was not checked."""
    return Finding(line, 1, line, 1, WARNING, "unreadable", f"{reason}; not checked")


def module_name(path: Path, layout: Layout) -> tuple[str, bool]:
    """The dotted name under which a file is imported, and whether it is a package's ``__init__``."""
    folder, parts = path.parent, [path.stem]
    while (folder / "__init__.py").is_file() and folder.name.isidentifier():
        parts.insert(0, folder.name)
        folder = folder.parent
    is_package = path.stem == "__init__"
    if is_package:
        parts.pop()
    importable = any(folder == root for root in layout.roots)
    if len(parts) == 1 and not is_package and not importable:
        return "__main__", False
    return ".".join(parts) or "__main__", is_package


def decode(content: bytes) -> str:
    """The text of a Python file, by its declared encoding.

    Raises:
        UnicodeDecodeError: It is not text in that encoding.
        SyntaxError: It declares an encoding that there is not.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    return content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")


def _reason(error: BaseException) -> str:
    return error.msg if isinstance(error, SyntaxError) else type(error).__name__
