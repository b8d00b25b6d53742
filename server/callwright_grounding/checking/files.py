"""From paths to findings: which files, how they are read, and from which folders their project imports."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from callwright_grounding.checking.checker import Checker, decode, unreadable
from callwright_grounding.checking.finding import Finding
from callwright_grounding.checking.notebooks import read_notebook

_SKIPPED = {"__pycache__", "node_modules", "site-packages", "build", "dist"}
_SUFFIXES = (".py", ".ipynb")


@dataclass(frozen=True)
class FileFindings:
    """One file's findings."""

    path: Path
    findings: tuple[Finding, ...]
    lines: int


def python_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The Python files and notebooks at or under the paths; hidden folders and environments are left out."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, names, files in os.walk(path):
            names[:] = sorted(name for name in names if _is_walked(Path(folder) / name))
            yield from (Path(folder) / file for file in sorted(files) if file.endswith(_SUFFIXES))


def _is_walked(folder: Path) -> bool:
    hidden = folder.name.startswith(".") or folder.name in _SKIPPED
    return not hidden and not (folder / "pyvenv.cfg").is_file()


def project_folders(paths: Iterable[Path]) -> list[Path]:
    """Folders that the files' own imports start from: above their packages, and a ``src`` beside them."""
    folders: dict[Path, None] = {}
    for path in paths:
        folder = path.resolve() if path.is_dir() else path.resolve().parent
        while (folder / "__init__.py").is_file():
            folder = folder.parent
        folders[folder] = None
        if (folder / "src").is_dir():
            folders[folder / "src"] = None
    return list(folders)


def imported_modules(files: Iterable[Path]) -> set[str]:
    """Top-level modules that the files import, read quickly; unreadable files count for nothing."""
    found: set[str] = set()
    for path in files:
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
            source = read_notebook(text).source if path.suffix == ".ipynb" else text
            tree = ast.parse(source)
        except (OSError, SyntaxError, ValueError, RecursionError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found


def check_file(checker: Checker, path: Path) -> FileFindings:
    """Check one file; what cannot be read becomes a finding."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8") if path.suffix == ".ipynb" else decode(content)
    except OSError as error:
        return FileFindings(path, (unreadable(f"cannot be read: {error.strerror}", 1),), 0)
    except (UnicodeDecodeError, SyntaxError, LookupError) as error:
        return FileFindings(path, (unreadable(f"cannot be decoded: {error}", 1),), 0)
    if path.suffix != ".ipynb":
        return FileFindings(path, tuple(checker.check(text, path)), text.count("\n"))
    try:
        notebook = read_notebook(text)
    except ValueError as error:
        return FileFindings(path, (unreadable(f"cannot be parsed: {error}", 1),), 0)
    findings = checker.check(notebook.source, path)
    return FileFindings(
        path, tuple(notebook.place(finding) for finding in findings), notebook.source.count("\n")
    )
