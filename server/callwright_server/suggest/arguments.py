"""A call's arguments: those already written, those an entry has, and what is left to write.

An argument is known by its *slot*: its parameter's name where that is known, else its position. So
``pipeline("fill-mask")`` and ``pipeline(task="fill-mask")`` fill the same slot.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from callwright_grounding.catalogue import CatalogueEntry

Slot = str | int

_PARAMETERS: dict[str, tuple[str, ...]] = {
    "pipeline": ("task", "model"),
    "torch.hub.load": ("repo_or_dir", "model"),
    "hub.load": ("handle",),
    "hub.KerasLayer": ("handle",),
    "timm.create_model": ("model_name",),
    "SentenceTransformer": ("model_name_or_path",),
}
"""Names of positional parameters, for callables that are written both ways."""
_METHOD_PARAMETERS: dict[str, tuple[str, ...]] = {"from_pretrained": ("pretrained_model_name_or_path",)}

_KEYWORD = re.compile(r"\s*([^\W\d]\w*)\s*=(?!=)\s*(.*)", re.DOTALL)
_PIECES = re.compile(r"""(?:\b[rRbBuUfF]{1,2})?("{3}|'{3}|"|')|#[^\r\n]*|[(\[{]|[)\]}]|,""")


@dataclass(frozen=True, slots=True)
class Argument:
    """One written argument."""

    name: str | None
    """Its keyword; ``None`` for a positional one."""
    source: str
    """Its value as written, maybe cut off."""
    offset: int = 0
    """Where the value begins in the text that was split; where the argument begins if it has no keyword."""


@dataclass(frozen=True, slots=True)
class Left:
    """One argument of an entry that is left to write."""

    slot: Slot
    source: str
    keyword: bool
    """Whether the entry writes it as a keyword."""


def split(text: str) -> list[Argument]:
    """The arguments in what stands between an open bracket and the cursor; the last one is being written."""
    pieces: list[tuple[int, int]] = []
    start, depth, position = 0, 0, 0
    while match := _PIECES.search(text, position):
        position = match.end()
        sign = match.group()
        if match.group(1):
            position = _string_end(text, position, match.group(1))
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth = max(0, depth - 1)
        elif sign == "," and depth == 0:
            pieces.append((start, match.start()))
            start = match.end()
    return [_argument(text, *piece) for piece in (*pieces, (start, len(text)))]


def slots_of(callable_name: str, arguments: Iterable[Argument]) -> dict[Slot, str]:
    """Slot to source of written arguments; starred ones fill none."""
    filled: dict[Slot, str] = {}
    for position, argument in enumerate(arguments):
        if not argument.source.startswith("*"):
            filled[argument.name or _slot(callable_name, position)] = argument.source
    return filled


def slots_of_entry(entry: CatalogueEntry) -> dict[Slot, Left]:
    """Slot to argument of an entry's call, in its order."""
    if entry.parsed is None:
        return {}
    name = entry.parsed.callable
    positional = [(_slot(name, i), source, False) for i, source in enumerate(entry.parsed.positional)]
    keywords = [(keyword, source, True) for keyword, source in entry.parsed.keywords]
    return {slot: Left(slot, source, keyword) for slot, source, keyword in [*positional, *keywords]}


def agrees(entry: CatalogueEntry, written: dict[Slot, str]) -> bool:
    """Whether a call that already has these arguments may still become the entry's call.

    Only literals can disagree: a variable may hold anything.
    """
    slots = slots_of_entry(entry)
    return all(_may_be_equal(source, slots[slot].source) for slot, source in written.items() if slot in slots)


def most_alike(entries: Iterable[CatalogueEntry], written: dict[Slot, str]) -> list[CatalogueEntry]:
    """Of the entries that agree with what is written, those that have most of it themselves."""
    agreeing = [
        (len(slots_of_entry(entry).keys() & written.keys()), entry)
        for entry in entries
        if agrees(entry, written)
    ]
    most = max((count for count, _ in agreeing), default=0)
    return [entry for count, entry in agreeing if count == most]


def left_to_write(
    entry: CatalogueEntry, written: dict[Slot, str], first: Slot | None = None
) -> list[Left] | None:
    """The entry's unwritten arguments, ``first`` in front; ``None`` where the entry has no such slot."""
    left = [argument for slot, argument in slots_of_entry(entry).items() if slot not in written]
    if first is None:
        return left
    leading = [argument for argument in left if argument.slot == first]
    return [*leading, *(argument for argument in left if argument.slot != first)] if leading else None


@lru_cache(maxsize=16384)
def literal(source: str) -> object | None:
    """The value of a literal; ``None`` where it is none."""
    try:
        value: object = ast.literal_eval(source.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return value


def requoted(source: str, quote: str) -> str:
    """A string literal in the wished quotes; anything else, and strings that need escapes, as they are."""
    value = literal(source)
    if not isinstance(value, str) or quote in value or "\\" in value or not value.isprintable():
        return source
    return f"{quote}{value}{quote}"


def parameter_at(callable_name: str, position: int) -> Slot:
    """The slot of a positional argument."""
    return _slot(callable_name, position)


def _slot(callable_name: str, position: int) -> Slot:
    method = callable_name.rpartition(".")[2]
    names = _PARAMETERS.get(callable_name, _METHOD_PARAMETERS.get(method, ()))
    return names[position] if position < len(names) else position


def _may_be_equal(first: str, second: str) -> bool:
    left, right = literal(first), literal(second)
    return left is None or right is None or left == right


def _argument(text: str, start: int, end: int) -> Argument:
    piece = text[start:end]
    if match := _KEYWORD.fullmatch(piece):
        return Argument(match.group(1), match.group(2).rstrip(), start + match.start(2))
    return Argument(None, piece.strip(), start + len(piece) - len(piece.lstrip()))


def _string_end(text: str, position: int, quote: str) -> int:
    for match in _ends(text, position, quote):
        return match.end()
    return len(text)


def _ends(text: str, position: int, quote: str) -> Iterator[re.Match[str]]:
    for match in re.compile(rf"\\.|{quote}", re.DOTALL).finditer(text, position):
        if match.group() == quote:
            yield match
