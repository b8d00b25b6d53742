r"""What a system answered: its text, the API call it proposes and the script it wrote.

Two forms are read. Sections, as APIBench trains them (``<<<api_call>>>: … <<<code>>>: …``), and plain prose
or code with a fenced block. Gorilla's published responses are those sections escaped once too often (``\n``
as two letters, a stray quotation mark at the end); :func:`unescape` undoes that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SECTION = re.compile(r"<<<\s*([A-Za-z_ ]+?)\s*>>>\s*:?")
_FENCE = re.compile(r"```[ \t]*\w*[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\", "/": "/"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer of one system to one question."""

    text: str
    """The answer as the system gave it; Gorilla's own metric reads this."""
    call: str | None = None
    """Source of the API call it proposes; ``None`` where it names none."""
    code: str | None = None
    """The script; ``None`` where there is none."""

    @classmethod
    def read(cls, text: str) -> Answer:
        """Take an answer's text apart; whatever is not found stays ``None``."""
        plain = unescape(text)
        sections = read_sections(plain)
        code = sections.get("code") or _fenced(plain)
        return cls(text=text, call=_line(sections.get("api_call")), code=_unfence(code) if code else None)

    @classmethod
    def of(cls, *, call: str | None, code: str | None = None) -> Answer:
        """The answer of a system that returns the parts; its text is written in APIBench's sections."""
        parts = [
            f"<<<api_call>>>: {call}\n<<<api_provider>>>:" if call else "",
            f"<<<code>>>: {code}" if code else "",
        ]
        return cls(text="\n".join(filter(None, parts)), call=call, code=code)


def unescape(text: str) -> str:
    r"""Undo the extra escaping of Gorilla's responses; without a ``\n`` in two letters nothing changes."""
    text = text.strip()
    if "\\n" not in text:
        return text
    if text.endswith('\\n"') or (text.endswith('"') and text.count('"') % 2 == 1):
        text = text[:-1]
    return _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[0]), text)


def read_sections(text: str) -> dict[str, str]:
    """The text under each ``<<<name>>>``; of two with one name the first that is not empty counts."""
    found = list(_SECTION.finditer(text))
    ends = [*(mark.start() for mark in found[1:]), len(text)]
    sections: dict[str, str] = {}
    for mark, end in zip(found, ends, strict=False):
        name = mark[1].strip().lower().replace(" ", "_")
        sections[name] = sections.get(name) or text[mark.end() : end].strip()
    return sections


def _line(section: str | None) -> str | None:
    return section.strip().rstrip(",").strip() or None if section else None


def _fenced(text: str) -> str | None:
    found = _FENCE.search(text)
    return found[1].strip("\n") if found else None


def _unfence(code: str) -> str:
    code = _fenced(code) or code
    code = code.split("```")[0].rstrip()
    return code.removesuffix('"').rstrip() if code.count('"') % 2 else code
