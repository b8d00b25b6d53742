"""What model and retriever do at places of other people's code, and for questions."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from callwright_server.choice import CallChooser
from callwright_server.gate import CallThreshold, LineKind, LineThreshold
from callwright_server.suggest.asking import Ask, Kind
from callwright_server.suggest.document import Document
from callwright_server.suggest.freely import parsed_line
from callwright_server.suggest.line_writer import LineWriter
from callwright_training.evaluation.items import digest
from callwright_training.gate.fitting import SeenCall, SeenLine
from callwright_training.gate.sources import LineSite

Lines = dict[LineKind, list[SeenLine]]


class Notes:
    """What was seen, place by place, in a file from which a stopped run goes on.

    Args:
        file: One JSON array a line; ``None`` keeps nothing.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._known: dict[str, SeenLine | None] = {}
        if file is not None and file.is_file():
            for key, *values in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
                self._known[key] = SeenLine(*values) if values else None

    def of(self, site: LineSite, look: Callable[[LineSite], SeenLine | None]) -> SeenLine | None:
        """What was seen at a place; where nobody has looked, by looking now."""
        key = digest(site.before, site.line)
        if key not in self._known:
            seen = self._known[key] = look(site)
            if self._file is not None:
                values = [] if seen is None else [seen.probability, seen.margin, seen.right]
                with self._file.open("a", encoding="utf-8") as notes:
                    notes.write(json.dumps([key, *values]) + "\n")
        return self._known[key]


def write_lines(
    writer: LineWriter,
    sites: Sequence[LineSite],
    notes: Notes,
    advance: Callable[[], None] = lambda: None,
) -> Lines:
    """What the model writes at each place, by kind; what grounding doubts is never shown and left out."""
    lines: Lines = {}
    for site in sites:
        seen = notes.of(site, lambda site: _written(writer, site))
        if seen is not None:
            lines.setdefault(site.kind, []).append(seen)
        advance()
    return lines


def _written(writer: LineWriter, site: LineSite) -> SeenLine | None:
    """What the model writes at one place; ``None`` where nothing could be shown."""
    line = writer.line(Ask(Document(site.before), len(site.before), Kind.INLINE, lambda: False))
    if line is None or not line.text.strip() or line.doubt:
        return None
    right = same_line(site.line, site.before.rpartition("\n")[2] + line.text)
    return SeenLine(line.sure, line.margin, right)


def same_line(one: str, other: str) -> bool:
    """Whether two lines are the same statement, spacing, quotes and comments aside."""
    trees = [parsed_line(line) for line in (one, other)]
    first, second = (ast.dump(tree) if tree is not None else None for tree in trees)
    return first is not None and first == second


def choose_calls(chooser: CallChooser, texts: Iterable[str], *, asked: bool) -> list[SeenCall]:
    """The best call's scores for questions, or for comments."""
    seen = []
    for text in texts:
        for best in chooser.choose(text, limit=1, stop=lambda: False):
            seen.append(SeenCall(best.features["retrieval"], best.probability, asked))
    return seen


def line_figures(seen: Sequence[SeenLine], threshold: LineThreshold) -> dict[str, float]:
    """How many lines are shown, and how many of these are right."""
    shown = [line for line in seen if line.passes(threshold)]
    return {
        "lines": len(seen),
        "right %": _percent(line.right for line in seen),
        "shown": len(shown),
        "right of shown %": _percent(line.right for line in shown),
    }


def call_figures(seen: Sequence[SeenCall], threshold: CallThreshold) -> dict[str, float]:
    """How many questions are answered unasked, and how many comments."""
    questions = [call.passes(threshold) for call in seen if call.asked]
    comments = [call.passes(threshold) for call in seen if not call.asked]
    return {
        "questions": len(questions),
        "questions answered %": _percent(questions),
        "comments": len(comments),
        "comments answered %": _percent(comments),
    }


def _percent(values: Iterable[bool]) -> float:
    known = list(values)
    return round(100 * sum(known) / max(1, len(known)), 1)
