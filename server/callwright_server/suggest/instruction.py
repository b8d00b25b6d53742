"""What the user wants, in words: a comment that asks for something, or the names around the cursor."""

from __future__ import annotations

import ast
import re

from callwright_server.suggest.document import Document

_COMMENT = re.compile(r"([ \t]*)#(?!!)[ \t]*(.*?)[ \t]*")
_IMPORT = re.compile(r"[ \t]*(?:import\s+[\w.]+|from\s+[\w.]+\s+import\s+[\w*(])")
_NOT_FOR_US = re.compile(
    r"(?:type|noqa|nosec|pylint|pyright|pragma|fmt|yapf|isort|mypy|ruff|flake8|region|endregion|copyright|spdx)\b"
    r"|-\*-|%%|https?://|>>>",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_DEF = re.compile(r"[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)")
_DOCSTRING = re.compile(r"\s*[rR]?(\"{3}|'{3}|\"|')\s*([^\r\n\"']+)")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_TOLD_NOTHING = frozenset(
    """
    a build cls create data fn func function get helper init load m main make model models module my
    net network new nlp obj out output outputs pipe pipeline processor res result results ret run
    self setup test tests the tmp tokenizer value x y
    """.split()  # noqa: SIM905 - words are easier to read so
)
LINES_SEARCHED = 200
"""How far above the cursor an enclosing function is looked for."""


def is_instruction(comment: str) -> bool:
    """Whether a comment may ask for something: two words at least, no pragma, no ruler, no code."""
    letters = sum(character.isalpha() for character in comment)
    visible = sum(not character.isspace() for character in comment)
    wordy = len(_WORD.findall(comment)) >= 2 or (letters >= 4 and not comment.isascii())
    if not wordy or letters < 0.6 * visible or _NOT_FOR_US.match(comment):
        return False
    return not _is_code(comment)


def comment_text(line: str) -> str | None:
    """What a line that holds nothing but a comment says; ``None`` for other lines."""
    match = _COMMENT.fullmatch(line)
    return match.group(2) if match else None


def comment_above(document: Document, line: int) -> tuple[str, int] | None:
    """The instruction in the comment lines above a line, and the last of those lines.

    Imports and one blank line may stand in between: someone who accepts or types an import below the comment
    still wants the call.

    Returns:
        The text and the line; ``None`` where no comment is there, or none that asks for something.
    """
    last = line - 1
    while last >= 0 and _IMPORT.match(document.line(last)):
        last -= 1
    if last >= 0 and not document.line(last).strip():
        last -= 1
    first = last
    words: list[str] = []
    while first >= 0 and (text := comment_text(document.line(first))) is not None:
        words.insert(0, text)
        first -= 1
    instruction = " ".join(" ".join(words).split())
    return (instruction, last) if is_instruction(instruction) else None


def surrounding_words(document: Document, line: int) -> str:
    """What names say about the purpose of a line: the function it is in, its docstring, its target.

    Empty where they say nothing (``model = …`` at the top of a file).
    """
    target = re.match(r"[ \t]*([\w.]+)[ \t]*(?::[^=]+)?=(?!=)", document.line(line))
    words = _telling(target.group(1)) if target else ""
    function = _enclosing_function(document, line)
    return ". ".join(part for part in (function, words) if part)


def _enclosing_function(document: Document, line: int) -> str:
    depth = _indentation(document.line(line))
    for number in range(line - 1, max(-1, line - LINES_SEARCHED), -1):
        text = document.line(number)
        if text.strip() and _indentation(text) < depth:
            depth = _indentation(text)
            if match := _DEF.match(text):
                return _purpose(document, number, match.group(1))
        if depth == 0:
            return ""
    return ""


def _purpose(document: Document, line: int, name: str) -> str:
    for number in range(line, line + 8):
        if document.line(number).rstrip().endswith(":"):
            docstring = _DOCSTRING.match("\n".join(document.line(number + i) for i in (1, 2)))
            return docstring.group(2).strip().rstrip(".") if docstring else _telling(name)
    return _telling(name)


def _telling(name: str) -> str:
    words = [part.lower() for part in _PARTS.findall(name)]
    return " ".join(word for word in words if word not in _TOLD_NOTHING and len(word) > 1)


def _indentation(text: str) -> int:
    return len(text.expandtabs()) - len(text.expandtabs().lstrip())


def _is_code(comment: str) -> bool:
    try:
        body = ast.parse(comment).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    # Words of a script without spaces are one identifier.
    return not all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Name) for node in body)
