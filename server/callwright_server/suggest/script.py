"""The lines below a chosen call that use it: written by the model one by one, each of them vouched for.

A line that nobody can vouch for ends the script, and so does whatever begins something new. What is left
parses as it stands and uses the call's result; otherwise there is only the call.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable
from dataclasses import replace

from callwright_server.engine import Engine
from callwright_server.settings import Inline
from callwright_server.suggest.asking import Ask, Kind
from callwright_server.suggest.choosing import Grounding, Stop
from callwright_server.suggest.document import Document
from callwright_server.suggest.line_writer import LineWriter
from callwright_server.suggest.suggestion import Suggestion

LONGEST = 8
"""Lines below the call at most."""
_SURE = 0.3
"""A token's mean probability that is enough here: the user asked for it, reads it, and can take it back."""


class ScriptWriter:
    """Goes on below a call.

    Args:
        engine: The model.
        settings: How much it may write in a line.
        grounding: Which names exist; ``None`` where nothing knows.
    """

    def __init__(self, engine: Engine, settings: Inline, grounding: Grounding | None = None) -> None:
        wanted = settings.minimum_confidence
        sure = _SURE if wanted is None else min(wanted, _SURE)
        self._writer = LineWriter(engine, replace(settings, minimum_confidence=sure), grounding)

    def extend(
        self,
        document: Document,
        chosen: Suggestion,
        *,
        stop: Stop,
        written: Callable[[str], None] = lambda line: None,
    ) -> Suggestion:
        """The chosen call with the lines that use it.

        Args:
            document: The buffer, without the call.
            chosen: The call, imports above it included.
            stop: Polled at every token; ``True`` gives the rest up.
            written: Called with each line as it is there.

        Returns:
            The call and more; the call alone where nothing more can be vouched for.
        """
        call = chosen.text.splitlines()[-1]
        indent = call[: len(call) - len(call.lstrip())]
        before = document.text[: chosen.start] + chosen.text
        lines: list[str] = []
        while len(lines) < LONGEST:
            line = self._next(before + "".join(f"{document.newline}{line}" for line in lines), document, stop)
            if not line.startswith(indent) or line.strip()[:1] in ("", "#") or line in lines:
                break
            lines.append(line)
            written(line.strip())
        lines = _using(call, _whole(lines))
        return replace(chosen, text=document.newline.join([chosen.text, *lines]))

    def _next(self, before: str, document: Document, stop: Stop) -> str:
        """The line that the model writes next; empty where it may not be written."""
        text = before + document.newline
        answer = self._writer.write(Ask(Document(text), len(text), Kind.INLINE, stop))
        return answer.items[0].text if answer.items else ""


def _whole(lines: list[str]) -> list[str]:
    """The longest beginning that is whole statements."""
    for end in range(len(lines), 0, -1):
        try:
            ast.parse(textwrap.dedent("\n".join(lines[:end])))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return lines[:end]
    return []


def _using(call: str, lines: list[str]) -> list[str]:
    """The lines, where one of them reads what the call's result was bound to."""
    target = call.partition("=")[0].strip()
    tree = ast.parse(textwrap.dedent("\n".join(lines)))
    return lines if any(isinstance(node, ast.Name) and node.id == target for node in ast.walk(tree)) else []
