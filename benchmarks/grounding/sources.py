"""Code to measure on: installed packages' own source, and APIBench's example scripts."""

from __future__ import annotations

import ast
import json
import random
from collections.abc import Iterator
from itertools import chain, zip_longest
from pathlib import Path

from callwright_grounding.checking.checker import decode


def library_sources(
    interpreter_roots: tuple[Path, ...], names: tuple[str, ...]
) -> Iterator[tuple[Path, str]]:
    """Source files of some installed packages, in a fixed random order."""
    files = [
        path
        for root in interpreter_roots
        for name in names
        if (root / name).is_dir()
        for path in sorted((root / name).rglob("*.py"))
        if not {"tests", "test"} & set(path.parts)
    ]
    random.Random(7).shuffle(files)
    for path in files:
        yield path, decode(path.read_bytes())


def in_turns(interpreter_roots: tuple[Path, ...], names: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    """Source files of some installed packages, one of each in turn, so that large packages count no more."""
    each = [library_sources(interpreter_roots, (name,)) for name in names]
    return (file for file in chain.from_iterable(zip_longest(*each)) if file is not None)


def without_statement(source: str, offset: int) -> str:
    """A file as it is while a statement in it is being written: up to the place, and below the statement."""
    line = source.count("\n", 0, offset) + 1
    try:
        nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
    except (SyntaxError, ValueError):
        nodes = []
    around = [(node.end_lineno or line) for node in nodes if node.lineno <= line <= (node.end_lineno or line)]
    lines = source.split("\n")
    return "\n".join([source[:offset], *lines[min(around, default=line) :]])


def script_sources(data: Path, hub: str) -> Iterator[tuple[Path, str]]:
    """APIBench's example scripts: the code that one hub's questions come with."""
    path = data / "gorilla" / "api" / f"{hub}_api.jsonl"
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        code = json.loads(line).get("example_code") or ""
        text = "\n".join(code) if isinstance(code, list) else str(code)
        yield Path(f"script_{number}.py"), text
