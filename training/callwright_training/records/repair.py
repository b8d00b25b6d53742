"""Repairs of code and calls that people and models wrote nearly right; callers keep the raw text beside it.

A repair counts only if its result parses, so no repair can make a good text worse.
"""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator

from callwright_grounding.catalogue import parse_call

CODE_RULES = {
    "raw": "parsed as it was",
    "strip": "white space around it removed",
    "fence": "taken out of a ``` fence",
    "cut_at_fence": "cut where a ``` fence begins",
    "dedent": "common indentation removed",
    "unescape": "quotes and line ends written with a backslash turned into real ones",
    "shell_lines": "shell lines (!pip install ...) turned into comments",
    "placeholder_none": "an assignment of nothing but a comment given the value None",
    "unparsable": "no repair helps; kept as it was",
    "missing": "there is no code",
}

_FENCE = re.compile(r"```(?:python|py|Python)?[ \t]*\n(.*?)(?:```|\Z)", re.S)
_SHELL = re.compile(r"\s*(?:!|%|\$ |pip3? install|conda install|apt(?:-get)? )")
_EMPTY_VALUE = re.compile(r"(?m)^(\s*[\w.]+\s*=)[ \t]*(#.*)?$")
_BARE_ID = re.compile(r"([(=])\s*([\w.-]+/[\w.-]+)\s*([,)])")
_TAIL = re.compile(r"\s+(?:should|or|and|instead)\s")


def parses(code: str) -> bool:
    """Whether the text is a Python module."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def repair_code(raw: str) -> tuple[str, str]:
    """The script in a form that parses, and the name of the rule that made it so (``CODE_RULES``)."""
    if not raw.strip():
        return "", "missing"
    for rule, code in _code_attempts(raw):
        if code.strip() and parses(code):
            return code, rule
    return raw.strip(), "unparsable"


def _code_attempts(raw: str) -> Iterator[tuple[str, str]]:
    trimmed, text = raw.strip("\n").rstrip(), raw.strip()
    yield "raw", trimmed
    yield "strip", text
    if fence := _FENCE.search(text):
        yield "fence", fence[1].strip()
    yield "cut_at_fence", text.split("```")[0].strip()
    yield "dedent", textwrap.dedent(trimmed)
    yield "unescape", text.replace('\\"', '"').replace("\\'", "'")
    yield "unescape", text.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"').replace("\\'", "'")
    lines = ["pass  # " + line.strip() if _SHELL.match(line) else line for line in text.split("\n")]
    yield "shell_lines", "\n".join(lines)
    yield "placeholder_none", re.sub(r"^:?\s*>:\s*", "", _EMPTY_VALUE.sub(r"\1 None  \2", text))


def repair_call(raw: str) -> str:
    """The call in a form that parses, as close to the raw one as can be; unchanged where nothing helps."""
    text = raw.strip()
    for attempt in _call_attempts(text):
        if parse_call(attempt) is not None:
            return attempt
    return text


def _call_attempts(text: str) -> Iterator[str]:
    yield _BARE_ID.sub(r"\1'\2'\3", text)  # first: model=org/name is Python too, a division
    yield text
    yield text.replace("\\'", "'").replace('\\"', '"')
    yield _TAIL.split(text)[0]
    yield _first_call(text)
    yield text.split("\n")[0]
    # torch.hub.load(repo_or_dir='a', 'b', model='c'): all three were meant as positional.
    yield text.replace("repo_or_dir=", "").replace("model=", "")
    yield text + ")"
    yield text.rstrip(")") + "')"
    yield _BARE_ID.sub(r"\1'\2'\3", text.strip("'\""))


def _first_call(text: str) -> str:
    """The innermost callee's call of ``f(x)(y).z[0]``, or the first of ``f(x), g(y)``."""
    try:
        node: ast.AST = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    while True:
        if isinstance(node, ast.Tuple) and node.elts:
            node = node.elts[0]
        elif isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Call):
            node = node.func
        else:
            return ast.get_source_segment(text, node) or ""
