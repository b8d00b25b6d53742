"""Continuing a line of code freely, and letting pass only what holds to names that exist.

Two guards: grounding holds the model while it writes and vouches for the finished line; where grounding knows
nothing of the place, each name of the line must stand in the file already or be a builtin, each attribute and
each keyword argument must have been used in the file.
"""

from __future__ import annotations

import ast
import builtins
import re
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tokenizers import Tokenizer

from callwright_server.engine.constraint import Constraint
from callwright_server.suggest.document import Document
from callwright_server.suggest.scan import Inside, scan

_WORD = re.compile(r"[^\W\d]\w*")
_ATTRIBUTE = re.compile(r"\.\s*([^\W\d]\w*)")
_KEYWORD = re.compile(r"([^\W\d]\w*)\s*=(?!=)")
_WORD_END = re.compile(r"(?<=[(\[{])|(?<=[)\]}\"'])(?=\W|\Z)|(?<=\w)(?=\W)(?!\s*=(?!=))")
"""Where nothing can belong to the last word any more, and where it is no name that something is given to."""
_CLOSED = {"(": ")", "[": "]", "{": "}"}
_NAMES_SEARCHED = 50_000
NO_STATEMENT = "the model's line is no whole statement"


class UntilLineEnd:
    """A constraint that ends the text with the line; inside the line another constraint may hold.

    Args:
        tokenizer: The model's tokenizer.
        inner: What holds inside the line.
    """

    def __init__(self, tokenizer: Tokenizer, inner: Constraint | None = None) -> None:
        self._ends = _line_ends(tokenizer)
        self._inner = inner
        self.generated: Sequence[int] = ()
        """What is written already."""

    def allowed(self, generated: Sequence[int]) -> Sequence[int] | None:
        """Nothing more once a token has ended the line."""
        self.generated = generated
        if generated and generated[-1] in self._ends:
            return ()
        return self._inner.allowed(generated) if self._inner else None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a file shows to exist by using it."""

    names: frozenset[str]
    """Words in front of a place, and the builtins."""
    attributes: frozenset[str]
    keywords: frozenset[str]


def seen_around(text: str, offset: int) -> Seen:
    """What a file uses near a place."""
    before = text[max(0, offset - _NAMES_SEARCHED) : offset]
    around = before + text[offset : offset + _NAMES_SEARCHED]
    return Seen(
        frozenset(_WORD.findall(before)) | frozenset(dir(builtins)),
        frozenset(_ATTRIBUTE.findall(around)),
        frozenset(_KEYWORD.findall(around)),
    )


def why_not(document: Document, offset: int, text: str) -> str:
    """Why a continuation is not shown; empty where it may be.

    Args:
        document: The buffer.
        offset: The cursor.
        text: What would be inserted there, up to the end of the line.
    """
    tree = parsed_line(document.text[max(0, offset - _NAMES_SEARCHED) : offset].rpartition("\n")[2] + text)
    if tree is None:
        return NO_STATEMENT
    seen = seen_around(document.text, offset)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            return "the model's line imports something, and nothing here knows whether it exists"
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in seen.names:
            return f"the model's line uses {node.id!r}, which this file does not define"
        if isinstance(node, ast.Attribute) and node.attr not in seen.attributes:
            return f"nothing here knows whether the attribute {node.attr!r} exists"
        if isinstance(node, ast.keyword) and node.arg and node.arg not in seen.keywords:
            return f"nothing here knows whether the argument {node.arg!r} exists"
    return ""


def begun(head: str, text: str, doubt: Callable[[str], str]) -> str:
    """What may be shown of a line that the model had no time to finish: its longest usable beginning.

    It ends where a word has ended, outside any string, and with its open brackets closed nobody doubts it.

    Args:
        head: The line in front of the cursor.
        text: What the model wrote behind it.
        doubt: Why a finished continuation is not shown; empty where it may be.

    Returns:
        The beginning; empty where none is usable.
    """
    for end in reversed([place.start() for place in _WORD_END.finditer(text)]):
        around = scan(head + text[:end], len(head) + end)
        closed = "".join(_CLOSED[bracket.char] for bracket in reversed(around.brackets))
        if around.inside is Inside.CODE and not doubt(text[:end] + closed):
            return text[:end]
    return ""


def parsed_line(line: str) -> ast.Module | None:
    """The syntax tree of one line of code, also of a compound statement's head; ``None`` where it is none."""
    code = textwrap.dedent(line.strip("\r\n")).strip()
    for candidate in (
        code,
        f"{code} pass",
        f"{code}\n pass",
        f"if 1:\n pass\n{code} pass",
        f"try:\n pass\n{code} pass",
    ):
        try:
            return ast.parse(candidate)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return None


@lru_cache(maxsize=4)
def _line_ends(tokenizer: Tokenizer) -> frozenset[int]:
    """Ids of all tokens with a line end in them."""
    ids = range(tokenizer.get_vocab_size())
    texts = tokenizer.decode_batch([[token] for token in ids], skip_special_tokens=False)
    return frozenset(token for token, text in zip(ids, texts, strict=True) if "\n" in text or "\r" in text)
