"""The language server as it would be without any of its manners: what the others are measured against.

It asks the model at every key, reads every prompt from its first token, guesses nothing and remembers no
answer. That a newer request ends an older one at its next token is left to it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from callwright_server.engine import Engine, Generation
from callwright_server.lsp.messages import serve
from callwright_server.suggest.document import Document
from callwright_server.suggest.opening import Opened
from callwright_server.suggest.suggester import Suggester
from callwright_server.suggest.suggestion import Suggestions


class Forgetful(Suggester):
    """Knows nothing of the question before."""

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self._parts = parts

    def peek(self, document: Document, offset: int, **options: Any) -> Suggestions | None:
        """Never known."""
        return None

    def suggest(self, document: Document, offset: int, **options: Any) -> Suggestions:
        """As by a suggester that has just been made."""
        return Suggester(**self._parts).suggest(document, offset, **options)


def make_forgetful() -> None:
    """From now on engines and suggesters of this process forget."""
    generate = Engine.generate

    def generate_anew(engine: Engine, *arguments: Any, **options: Any) -> Generation:
        engine.forget()
        return generate(engine, *arguments, **options)

    def suggester(opened: Opened, settings: Any) -> Suggester:
        engine = opened.engine
        engine.settings = replace(engine.settings, draft=0)
        return Forgetful(
            shelf=opened.shelf,
            chooser=opened.chooser,
            engine=engine,
            settings=settings,
            grounding=opened.grounding if settings.grounding.enabled else None,
            filters=opened.filters,
        )

    Engine.generate = generate_anew  # type: ignore[method-assign]
    Opened.suggester = suggester  # type: ignore[method-assign]


if __name__ == "__main__":
    make_forgetful()
    serve()
