"""Tells the tracker of outcomes what is offered and how documents change, and keeps what it concludes."""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

from callwright_server.errors import OutcomesError
from callwright_server.outcomes import Offer, Outcome, OutcomeStore, Tracker, outcomes_path
from callwright_server.outcomes.report import as_markdown
from callwright_server.outcomes.store import Row
from callwright_server.outcomes.tracker import KEPT_AFTER, common_prefix
from callwright_server.suggest.document import Document
from callwright_server.suggest.instruction import comment_above
from callwright_server.suggest.suggestion import Suggestion

log = logging.getLogger(__name__)


class Outcomes:
    """Outcomes of one connection. Nothing is kept while :attr:`recording` is off."""

    def __init__(self) -> None:
        self.recording = True
        self._store = OutcomeStore(outcomes_path())
        self._tracker = Tracker(self._ended)
        self._texts: dict[str, str] = {}

    def offered(
        self, uri: str, document: Document, suggestion: Suggestion, *, bundle: str, latency_ms: float
    ) -> None:
        """A suggestion is shown."""
        if not self.recording:
            return
        line, _ = document.place(suggestion.start)
        above = comment_above(document, line)
        offer = Offer(
            start=suggestion.start,
            typed=common_prefix(document.text[suggestion.start :], suggestion.text),
            text=suggestion.text,
            instruction=above[0] if above else "",
            call=suggestion.entry.text if suggestion.entry else "",
            domain=suggestion.entry.domain if suggestion.entry else "",
            bundle=bundle,
            latency_ms=latency_ms,
        )
        self._tracker.offered(uri, document.text, offer)

    def changed(self, uri: str, text: str) -> None:
        """A document has changed."""
        self._texts[uri] = text
        self._tracker.changed(uri, text)

    def closed(self, uri: str) -> None:
        """A document is closed."""
        self._tracker.closed(uri)
        self._texts.pop(uri, None)

    def statistics(self) -> str:
        """A page for the user, in Markdown."""
        return as_markdown(list(self._store.rows()))

    def erase(self) -> int:
        """Erase everything; how many outcomes there were."""
        return self._store.erase()

    def export(self, path: str) -> int:
        """Write accepted calls as records; how many."""
        return self._store.export(Path(path))

    def _ended(self, uri: str, offer: Offer, outcome: Outcome) -> None:
        row = Row(
            at=time.time(),
            instruction=offer.instruction,
            call=offer.call,
            text=offer.text,
            domain=offer.domain,
            bundle=offer.bundle,
            latency_ms=offer.latency_ms,
            outcome=outcome,
        )
        try:
            number = self._store.add(row)
        except OutcomesError as error:
            log.warning("%s", error)
            self.recording = False
            return
        if outcome is Outcome.ACCEPTED:
            asyncio.get_running_loop().call_later(KEPT_AFTER, self._look_again, uri, number, offer.text)

    def _look_again(self, uri: str, number: int, text: str) -> None:
        if uri in self._texts:
            self._store.set_kept(number, text in self._texts[uri])
