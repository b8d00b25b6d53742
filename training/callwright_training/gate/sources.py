"""Places in other people's code: lines to go on with, and comments that ask for nothing."""

from __future__ import annotations

import ast
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from callwright_server.gate import LINE_KINDS, LineKind
from callwright_server.suggest.document import Document
from callwright_server.suggest.freely import parsed_line
from callwright_server.suggest.instruction import comment_text, is_instruction
from callwright_server.suggest.line_writer import line_kind
from callwright_training.errors import StageError

_LONGEST_FILE = 100_000
_PER_FILE = 3
"""Places of one kind taken of one file at most, so that no file rules the figures."""
_TYPED = (0, 0, 1, 2)
"""Letters of the next name that stand in front of the cursor; drawn from these."""
_CUTS = re.compile(r"\w\.|[(,][ ]?|\b(?:import|from|return|if|in|not)[ ]|=[ ]")
"""What stands in front of a name that a model may write."""
_NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class LineSite:
    """A place in a line, which the author wrote to its end."""

    before: str
    """The file up to the cursor."""
    line: str
    """The author's whole line, without indentation."""
    kind: LineKind


def source_files(packages: Sequence[str], seed: int = 0) -> list[Path]:
    """Python files of installed packages, their tests left out, in a random order.

    Raises:
        StageError: None of the packages is installed.
    """
    files: list[Path] = []
    for name in packages:
        spec = find_spec(name)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            found = sorted(Path(folder).rglob("*.py"))
            files += [path for path in found if not {"tests", "test"} & set(path.parts)]
    if not files:
        raise StageError(f"none of these packages is installed: {', '.join(packages)}")
    random.Random(seed).shuffle(files)
    return files


def line_sites(files: Sequence[Path], count: int, seed: int = 0) -> list[LineSite]:
    """As many places of each kind as are wanted, or as the files have."""
    wanted = dict.fromkeys(LINE_KINDS, count)
    found: list[LineSite] = []
    dice = random.Random(seed)
    for path in files:
        taken: Counter[LineKind] = Counter()
        for site in _sites_in(_read(path), dice):
            if wanted[site.kind] and taken[site.kind] < _PER_FILE:
                taken[site.kind] += 1
                wanted[site.kind] -= 1
                found.append(site)
        if not any(wanted.values()):
            break
    return found


def comments(files: Sequence[Path], count: int, seed: int = 0) -> list[str]:
    """Comments on lines of their own that read as if they asked for something; three of a file at most."""
    found: dict[str, None] = {}
    dice = random.Random(seed)
    for path in files:
        said = list(_comments_in(_read(path)))
        found |= dict.fromkeys(dice.sample(said, min(_PER_FILE, len(said))))
        if len(found) >= count:
            break
    return list(found)[:count]


def _sites_in(text: str, dice: random.Random) -> Iterator[LineSite]:
    """Places of a file in a random order, one of a line."""
    lines = text.split("\n")
    strings = _lines_in_strings(text)
    numbers = [number for number in range(len(lines)) if number + 1 not in strings]
    dice.shuffle(numbers)
    for number in numbers[:200]:
        line = lines[number]
        cuts = [match.end() for match in _CUTS.finditer(line) if _NAME.match(line, match.end())]
        if not cuts or line.lstrip().startswith(("#", "@", "def ", "class ")) or parsed_line(line) is None:
            continue
        cut = dice.choice(cuts)
        name = _NAME.match(line, cut)
        typed = min(dice.choice(_TYPED), len(name.group()) - 1 if name else 0)
        before = "\n".join([*lines[:number], line[: cut + typed]])
        yield LineSite(before, line.strip(), line_kind(Document(before), len(before)))


def _lines_in_strings(text: str) -> set[int]:
    """Numbers of the lines that strings of several lines cover; all, where the file cannot be parsed."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return set(range(text.count("\n") + 2))
    covered: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and node.end_lineno != node.lineno:
            covered |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return covered


def _comments_in(text: str) -> Iterator[str]:
    words: list[str] = []
    for line in text.split("\n"):
        if (said := comment_text(line)) is not None:
            words.append(said)
            continue
        comment = " ".join(" ".join(words).split())
        if words and line.strip() and is_instruction(comment):
            yield comment
        words = []


def _read(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    return text if len(text) <= _LONGEST_FILE else ""
