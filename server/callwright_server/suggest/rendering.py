"""A catalogue entry as text for a place."""

from __future__ import annotations

import ast
import re
from functools import lru_cache

from callwright_grounding.catalogue import CatalogueEntry
from callwright_server.suggest.arguments import Left, agrees, left_to_write, requoted, slots_of_entry
from callwright_server.suggest.context import RestOfCall, WholeCall
from callwright_server.suggest.imports import missing
from callwright_server.suggest.suggestion import Suggestion

_REMEMBERED = 4096
"""Calls whose spelling is remembered: where something else is being typed, all of them are looked at."""
_NAMES = {
    "pipeline": "pipe",
    "tokenizer": "tokenizer",
    "processor": "processor",
}


def whole_call(
    context: WholeCall,
    entry: CatalogueEntry,
    *,
    bound: dict[str, str],
    quote: str,
    newline: str,
    above: bool,
    cursor: int,
) -> Suggestion | None:
    """The entry's call below its comment, with the imports that the file lacks.

    Args:
        context: The place.
        entry: What to call.
        bound: Names that the file's imports bind.
        quote: The quote to use.
        newline: What ends lines in this file.
        above: Whether missing imports stand above the call; otherwise they are left to the caller.
        cursor: Offset of the cursor.

    Returns:
        ``None`` where what has been typed leads elsewhere, or nobody knows where to import it from.
    """
    called = entry.parsed.callable.partition(".")[0] if entry.parsed else ""
    if not entry.imports and called not in bound:
        return None
    lacking = missing(entry.imports, bound)
    call = in_quotes(entry.text, quote)
    assigned = f"{context.target or target_name(entry)} = {call}"
    head = lacking if above else ()
    for lines in ([*head, assigned], [assigned], [call]):
        text = newline.join(f"{context.indent}{line}" for line in lines)
        if context.on_comment:
            text = newline + text
        typed = context.typed if context.typed.strip() else ""
        if text.startswith(typed):
            apart = () if len(lines) > 1 else lacking
            return Suggestion(start=context.start, end=cursor, text=text, entry=entry, imports=apart)
    return None


def rest_of_call(context: RestOfCall, entry: CatalogueEntry, *, bound: dict[str, str]) -> Suggestion | None:
    """The arguments of the entry's call that are left to write.

    Returns:
        ``None`` where the call cannot become the entry's any more, or is the entry's already.
    """
    written = dict(context.written)
    if not agrees(entry, written):
        return None
    first = context.slot if context.slot is not None else _slot_begun(entry, written, context.typed)
    left = left_to_write(entry, written, first)
    if not left:
        return None
    text = _rendered(left[:1] if context.only_value else left, context)
    if text is None or not text.startswith(context.typed):
        return None
    closing = ")" if context.closes else ""
    # What is called by another name has been imported already.
    called = entry.parsed.callable.partition(".")[0] if entry.parsed else ""
    apart = missing(entry.imports, bound) if context.spelt.partition(".")[0] == called else ()
    text = context.space + text + closing
    return Suggestion(start=context.start, end=context.end, text=text, entry=entry, imports=apart)


@lru_cache(maxsize=_REMEMBERED)
def in_quotes(call: str, quote: str) -> str:
    """The canonical call in the quotes of the file, where no string in it needs escapes."""
    if quote == "'" or quote in call or "\\" in call:
        return call
    other = call.replace("'", quote)
    return other if ast.dump(ast.parse(other)) == ast.dump(ast.parse(call)) else call


def target_name(entry: CatalogueEntry) -> str:
    """A name for the result: ``pipe``, ``tokenizer``, ``processor``, else ``model``."""
    called = entry.parsed.callable if entry.parsed else ""
    words = re.findall(r"[A-Z]?[a-z]+", called)
    return next((name for word, name in _NAMES.items() if word in map(str.lower, words)), "model")


def _slot_begun(entry: CatalogueEntry, written: dict[str | int, str], typed: str) -> str | int | None:
    """The slot whose keyword the user has begun to type."""
    if not typed:
        return None
    names = (slot for slot in slots_of_entry(entry) if slot not in written and isinstance(slot, str))
    return next((name for name in names if name.startswith(typed)), None)


def _rendered(left: list[Left], context: RestOfCall) -> str | None:
    """Arguments as they go on at the cursor; ``None`` where one can only be positional and must not be."""
    keyword_seen = any(isinstance(slot, str) for slot, _ in context.written) and context.slot is None
    parts: list[str] = []
    for position, argument in enumerate(left):
        value = requoted(argument.source, context.quote)
        begun = position == 0 and context.slot is not None
        keyword_begun = position == 0 and not begun and bool(context.typed)
        if begun:
            parts.append(value)
            keyword_seen = keyword_seen or argument.keyword or isinstance(argument.slot, str)
        elif argument.keyword or keyword_seen or keyword_begun:
            if not isinstance(argument.slot, str):
                return None
            parts.append(f"{argument.slot}={value}")
            keyword_seen = True
        else:
            parts.append(value)
    return ", ".join(parts)
