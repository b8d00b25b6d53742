"""A bundle, asked the way an editor asks: the instruction as a comment, the cursor on the line below it.

What is scored is what is served: the server's own suggester, engine and settings, with the model in memory.
An answer is the first suggestion, whether or not it is sure enough to be shown unasked; its script is what
accepting it writes, or with the lines that the editor's command "script below a call" writes below it.
"""

from __future__ import annotations

from typing import Any

from callwright_server.settings import Settings
from callwright_server.suggest.document import Document
from callwright_server.suggest.opening import open_bundle
from callwright_server.suggest.suggester import Suggester
from callwright_training.evaluation.items import digest
from callwright_training.metrics import Answer
from callwright_training.records import Record


class BundleSystem:
    """Asks the server's suggester.

    Args:
        name_or_path: An installed bundle's name, or a bundle's folder.
        name: Name in tables; the bundle's where ``None``.
        lines: Whether the lines below the call are asked for too.

    Raises:
        BundleError: There is no such bundle, or it is damaged.
    """

    concurrency = 1

    def __init__(self, name_or_path: str, *, name: str | None = None, lines: bool = False) -> None:
        settings = Settings(bundle=name_or_path)
        self.opened = open_bundle(settings)
        self.suggester = self.opened.suggester(settings)
        self.lines = lines
        bundle = self.opened.bundle
        self.identity: dict[str, Any] = {
            "name": name or bundle.name,
            "kind": "bundle",
            "base": bundle.manifest.base,
            "quantization": bundle.manifest.quantization,
            "catalogue_version": bundle.manifest.catalogue_version,
            "chooser": type(self.opened.chooser).__name__,
            "digest": digest(bundle.manifest.model_dump(mode="json")),
        } | ({"lines": True} if lines else {})

    def answer(self, record: Record, *, seed: int) -> Answer:
        """Take the first suggestion; there is no sampling, so that the seed does nothing."""
        return first_suggestion(self.suggester, record, lines=self.lines)


def first_suggestion(suggester: Suggester, record: Record, *, lines: bool = False) -> Answer:
    """What the suggester offers first below a comment with the instruction; the lines below it on request."""
    instruction = " ".join(f"{record.instruction} {record.input}".split())
    document = Document(f"# {instruction}\n")
    suggestions = suggester.suggest(document, len(document.text), stop=lambda: False)
    if not suggestions.items:
        return Answer.of(call=None)
    first = suggestions.items[0]
    call = first.entry.text if first.entry is not None else None
    if lines:
        first = suggester.script(document, first, stop=lambda: False, written=lambda line: None)
    return Answer.of(call=call, code=first.text.strip() or None)
