"""Suggestions as the protocol spells them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lsprotocol import types

from callwright_grounding.catalogue import CatalogueEntry
from callwright_server.lsp.documents import OpenDocument
from callwright_server.suggest.explaining import Explained
from callwright_server.suggest.imports import place_for_import
from callwright_server.suggest.suggestion import Suggestion, Suggestions

_MARK = "★"
"""Stands in front of members that the model puts first."""
_EXPLAINED = 3
"""Calls that one hover explains at most."""
_SOURCE = "Callwright"
"""Stands beside each of our entries in a completion menu, where other servers' entries stand too."""


def inline_items(
    document: OpenDocument, suggestions: Iterable[Suggestion]
) -> list[types.InlineCompletionItem]:
    """Ghost text."""
    return [
        types.InlineCompletionItem(insert_text=item.text, range=document.range(item.start, item.end))
        for item in suggestions
    ]


def completion_list(document: OpenDocument, offset: int, answer: Suggestions) -> types.CompletionList:
    """Entries of the completion menu, in our order."""
    items = [_completion_item(document, offset, item, i) for i, item in enumerate(answer.items)]
    # What has been typed by the next request may rank others: clients should ask again.
    return types.CompletionList(is_incomplete=bool(items), items=items)


def documentation(entry: CatalogueEntry) -> str:
    """What is known of an API, in Markdown."""
    parts = [
        f"**{entry.domain}**" if entry.domain else "",
        entry.description,
        f"Framework: {entry.framework}" if entry.framework else "",
        f"Requires: {', '.join(f'`{name}`' for name in entry.requirements)}" if entry.requirements else "",
        f"Evaluation: {entry.evaluation}" if entry.evaluation else "",
    ]
    return "\n\n".join(part for part in parts if part)


def hover(document: OpenDocument, explained: Explained) -> types.Hover:
    """What is known of the calls at a place."""
    shown = explained.entries[:_EXPLAINED]
    parts = [f"```python\n{entry.text}\n```\n\n{documentation(entry)}" for entry in shown]
    if more := len(explained.entries) - len(shown):
        parts.append(f"… and {more} more")
    value = "\n\n---\n\n".join(parts)
    return types.Hover(
        contents=types.MarkupContent(kind=types.MarkupKind.Markdown, value=value),
        range=document.range(explained.start, explained.end),
    )


def _completion_item(
    document: OpenDocument, offset: int, suggestion: Suggestion, rank: int
) -> types.CompletionItem:
    if suggestion.member:
        return _member_item(document, suggestion, rank)
    start, text = _typed_part(document.state.text[suggestion.start : offset], suggestion)
    entry = suggestion.entry
    return types.CompletionItem(
        label=_label(suggestion),
        label_details=types.CompletionItemLabelDetails(description=_SOURCE),
        kind=types.CompletionItemKind.Function if "(" in text else types.CompletionItemKind.Value,
        detail=entry.domain if entry else None,
        documentation=_markdown(entry) if entry else None,
        sort_text=f"{rank:04d}",
        filter_text=text,
        text_edit=types.TextEdit(range=document.range(start, suggestion.end), new_text=text),
        additional_text_edits=_import_edits(document, offset, suggestion) or None,
    )


def _member_item(document: OpenDocument, suggestion: Suggestion, rank: int) -> types.CompletionItem:
    """A name that others list too: marked, and in front of them all while nothing is typed of it."""
    return types.CompletionItem(
        label=f"{_MARK} {suggestion.text}",
        kind=types.CompletionItemKind.Field,
        sort_text=f" {rank:04d}",
        filter_text=suggestion.text,
        text_edit=types.TextEdit(
            range=document.range(suggestion.start, suggestion.end), new_text=suggestion.text
        ),
    )


def _typed_part(typed: str, suggestion: Suggestion) -> tuple[int, str]:
    """Start and text without indentation: editors match what stands in the range against the text."""
    if typed.strip():
        indent = len(typed) - len(typed.lstrip())
        return suggestion.start + indent, suggestion.text[indent:]
    return suggestion.start + len(typed), suggestion.text.removeprefix(typed)


def _label(suggestion: Suggestion) -> str:
    text = suggestion.text.strip()
    return suggestion.entry.text if suggestion.entry and text.endswith(")") and "(" in text else text


def _markdown(entry: CatalogueEntry) -> types.MarkupContent:
    return types.MarkupContent(kind=types.MarkupKind.Markdown, value=documentation(entry))


def _import_edits(document: OpenDocument, offset: int, suggestion: Suggestion) -> list[types.TextEdit]:
    """The imports that the suggestion needs, at the top of the file; none where the cursor is above that."""
    state = document.state
    line = place_for_import(state)
    if not suggestion.imports or line > state.place(offset)[0]:
        return []
    at = state.offset(line, 0)
    text = "".join(f"{statement}{state.newline}" for statement in suggestion.imports)
    return [types.TextEdit(range=document.range(at, at), new_text=text)]


def candidates(document: OpenDocument, suggestions: Iterable[Suggestion]) -> list[dict[str, Any]]:
    """Calls to choose among, for the request ``callwright/candidates``."""
    return [
        {
            "call": item.entry.text,
            "domain": item.entry.domain,
            "description": item.entry.description,
            "requirements": list(item.entry.requirements),
            "text": item.text,
            "range": _plain_range(document.range(item.start, item.end)),
        }
        for item in suggestions
        if item.entry is not None
    ]


def insertion(document: OpenDocument, suggestion: Suggestion) -> dict[str, Any]:
    """What to insert and where, for the request ``callwright/script``."""
    return {
        "text": suggestion.text,
        "range": _plain_range(document.range(suggestion.start, suggestion.end)),
    }


def _plain_range(span: types.Range) -> dict[str, Any]:
    return {
        name: {"line": place.line, "character": place.character}
        for name, place in (("start", span.start), ("end", span.end))
    }
