"""The state of one connection: settings, the model, the open documents, and what runs for them."""

from __future__ import annotations

import asyncio
import logging
import re
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol
from pygls.uris import to_fs_path

from callwright_server import __version__
from callwright_server.lsp.diagnostics import Diagnostics
from callwright_server.lsp.documents import OpenDocument
from callwright_server.lsp.giving_way import give_way
from callwright_server.lsp.groundwork import Groundwork, imported_in
from callwright_server.lsp.loading import Loader, Report
from callwright_server.lsp.outcomes import Outcomes
from callwright_server.lsp.pacing import Pacer
from callwright_server.lsp.status import Status
from callwright_server.lsp.thrift import Thrift
from callwright_server.lsp.timings import How, Timing, Timings
from callwright_server.settings import Settings, read_settings
from callwright_server.suggest.asking import Kind
from callwright_server.suggest.choosing import Stop
from callwright_server.suggest.installed import Installed
from callwright_server.suggest.suggestion import Suggestions

log = logging.getLogger(__name__)

T = TypeVar("T")

_WORD_SIGN = re.compile(r"\w")


class Protocol(LanguageServerProtocol):
    """pygls' protocol, which would keep a future of every notification for ever."""

    def _handle_notification(self, method_name: str, params: Any) -> None:
        super()._handle_notification(method_name, params)
        for message in [message for message, future in self._request_futures.items() if future.done()]:
            del self._request_futures[message]


class CallwrightServer(LanguageServer):
    """State of one connection: settings, the model, the open documents, what runs."""

    def __init__(self) -> None:
        super().__init__("callwright", __version__, protocol_cls=Protocol)
        self.settings = Settings()
        self.pacer = Pacer()
        self.thrift = Thrift()
        self.timings = Timings()
        self.outcomes = Outcomes()
        self.status = Status(lambda method, params: self.protocol.notify(method, params))
        installed = Installed()
        self.loader = Loader(
            on_begin=self._loading_begins,
            on_ready=self._ready,
            on_failure=self._failed,
            on_off=self._off,
            installed=installed,
        )
        self.groundwork = Groundwork(
            installed,
            on_change=self._others_exist,
            on_indexing=self._indexing,
            imported=lambda: imported_in(item.source for item in self.workspace.text_documents.values()),
        )
        self.diagnostics = Diagnostics(
            self.groundwork, self.python_document, self.text_document_publish_diagnostics
        )
        self.last: dict[str, Any] = {}
        """The last thing that was suggested, for a report by the user."""
        self._model = ThreadPoolExecutor(
            max_workers=1, thread_name_prefix="callwright-model", initializer=give_way
        )
        self._progress: str | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._told: set[str] = set()

    # -- what the handlers call ---------------------------------------------------------------------------

    def document(self, uri: str) -> OpenDocument | None:
        """An open document; ``None`` for one that the client never opened."""
        document = self.workspace.text_documents.get(unquote(uri))
        return document if isinstance(document, OpenDocument) else None

    def python_document(self, uri: str) -> OpenDocument | None:
        """An open document that holds Python."""
        document = self.document(uri)
        return document if document is not None and document.language_id in (None, "", "python") else None

    def apply(self, sent: object) -> None:
        """Take over what a client sent as settings."""
        settings, complaints = read_settings(sent)
        for complaint in complaints:
            self._tell(complaint, types.MessageType.Warning)
        self.settings = settings
        self.outcomes.recording = settings.record_outcomes
        logging.getLogger("callwright_server").setLevel(settings.log_level.upper())
        self.loader.use(settings)
        self.groundwork.use(replace(settings.grounding, enabled=self._grounded), self._folders())
        if any(self.python_document(uri) for uri in self.workspace.text_documents):
            self.groundwork.wake()
        self._check_with_catalogue()

    async def ask(self, uri: str, position: types.Position, kind: Kind, *, invoked: bool) -> Answer | None:
        """Suggestions at a place; ``None`` where nothing can be said, which the status explains.

        Cancelling this coroutine, a newer request for the same document, and the time budget all stop the
        model at its next token.
        """
        began, timing = time.monotonic(), self.timings.begin(kind.value)
        document = self.python_document(uri)
        if document is None:
            return None
        self._stay_awake()
        suggester = self.loader.suggester
        if suggester is None:
            self.loader.wake()
            self.status.change(silence=self.status.message)
            return None
        state, offset = document.state, document.offset(position)
        answer = suggester.peek(state, offset, kind=kind)
        timing.how = How.KNOWN if answer is not None else How.OVERTAKEN
        if answer is None and not invoked and (refusal := self.thrift.refuses(self.settings.pace)):
            answer = Suggestions(reason=refusal)
        if answer is None:
            answer = await self._ask_model(timing, suggester, uri, state, offset, kind, invoked=invoked)
        if answer is None:
            return None
        timing.answered(len(answer.shown))
        self._explain(answer, began, kind)
        if kind is Kind.INLINE and answer.shown:
            self.outcomes.offered(
                uri,
                state,
                answer.shown[0],
                bundle=self.loader.name,
                latency_ms=(time.monotonic() - began) * 1000,
            )
        return Answer(document, offset, answer)

    async def think(self, uri: str, kind: str, work: Callable[[Stop], T]) -> T:
        """Do something in the model's thread, until a newer request of its kind or nobody wants it any more.

        Args:
            uri: The document that it is for.
            kind: What it is; only the newest of a kind goes on.
            work: Given the flag that it must look at.
        """
        with self.pacer.newest(uri, kind) as stop:
            return await self._thinking(lambda: work(stop.is_set))

    def end(self) -> None:
        """The connection ends: nothing is wanted any more."""
        self.pacer.stop_all()
        self.diagnostics.stop_all()
        self.groundwork.close()
        self.loader.close()
        self._model.shutdown(wait=False, cancel_futures=True)

    def push_diagnostics(self, uri: str) -> None:
        """Push a document's diagnostics to a client that does not ask for them, after a pause."""
        if not self._pulls:
            self.diagnostics.push_later(uri)

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Our mistakes go to the log; a message box at every keystroke would help nobody."""
        log.error("%s: %s", getattr(source, "__name__", source), error)

    # -- inside -------------------------------------------------------------------------------------------

    async def _ask_model(
        self,
        timing: Timing,
        suggester: Any,
        uri: str,
        state: Any,
        offset: int,
        kind: Kind,
        *,
        invoked: bool,
    ) -> Suggestions | None:
        with self.pacer.newest(uri, kind.value) as stop:
            if not invoked:
                in_word = bool(_WORD_SIGN.match(state.text[max(0, offset - 1) : offset]))
                await asyncio.sleep(self.pacer.pause(uri, self.settings.pace, in_word=in_word))
            if stop.is_set():
                return None
            timing.how = How.MODEL
            deadline = time.monotonic() + self.settings.pace.time_budget / 1000
            return await self._thinking(
                lambda: suggester.suggest(state, offset, stop=stop.is_set, kind=kind, deadline=deadline)
            )

    async def _thinking(self, work: Callable[[], T]) -> T:
        """Do something in the model's thread, and say so."""
        self.status.change("thinking")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._model, work)
        finally:
            if self.loader.suggester is not None:
                self.status.change("ready")

    def _explain(self, answer: Suggestions, began: float, kind: Kind) -> None:
        """Put latency and silence into the status, and the suggestion aside for a report."""
        latency = (time.monotonic() - began) * 1000
        if answer.items:
            best = answer.items[0]
            self.last = {
                "text": best.text,
                "api": best.entry.text if best.entry else None,
                "alternatives": [item.text for item in answer.items[1:]],
                "score": best.score,
                "shown": best.shown,
                "reason": answer.reason,
                "latencyMs": round(latency, 1),
                "bundle": self.status.message,
            }
        if kind is Kind.INLINE:
            self.status.change(latency=latency if answer.shown else None, silence=answer.reason)
        if answer.reason:
            log.info("Nothing shown: %s", answer.reason)

    @property
    def _grounded(self) -> bool:
        return self.settings.enabled and self.settings.grounding.enabled

    @property
    def _pulls(self) -> bool:
        """Whether the client asks for diagnostics by itself."""
        documents = self.client_capabilities.text_document
        return documents is not None and documents.diagnostic is not None

    def _folders(self) -> list[Path]:
        paths = (to_fs_path(folder.uri) for folder in self.workspace.folders.values())
        found = [Path(path) for path in paths if path]
        root = self.workspace.root_path
        return found or ([Path(root)] if root else [])

    def _check_with_catalogue(self) -> None:
        """Check with what is served and set now."""
        enabled = self._grounded and self.settings.grounding.diagnostics
        if self.diagnostics.use(enabled=enabled, catalogue=self.loader.catalogue):
            self._renew_diagnostics()

    def _others_exist(self) -> None:
        """Other names exist now than when lines were written and buffers checked: forget those."""
        self.loader.use(self.settings)
        self._renew_diagnostics()

    def _renew_diagnostics(self) -> None:
        """All diagnostics may be others now."""
        if not self._pulls:
            self.diagnostics.push_all(list(self.workspace.text_documents))
            return
        workspace = self.client_capabilities.workspace
        if workspace is not None and workspace.diagnostics and workspace.diagnostics.refresh_support:
            self.workspace_diagnostic_refresh(None)

    def _indexing(self, what: str) -> None:
        log.info("Indexing %s", what or "has ended")

    def _tell(self, message: str, kind: types.MessageType) -> None:
        """Show a message, once."""
        if message not in self._told:
            self._told.add(message)
            self.window_show_message(types.ShowMessageParams(kind, f"Callwright: {message}"))

    def _stay_awake(self) -> None:
        """Begin the idle time anew."""
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if minutes := self.settings.pace.unload_after:
            self._idle = asyncio.get_running_loop().call_later(
                60 * minutes, self.loader.unload, "idle; the next request loads the model again"
            )

    async def _loading_begins(self) -> Report:
        self.status.change("loading", message="loading the model")
        self._end_progress()
        window = self.client_capabilities.window
        if window is None or not window.work_done_progress:
            return lambda stage: self.status.change(message=stage)
        token = self._progress = str(uuid.uuid4())
        await self.work_done_progress.create_async(token)
        self.work_done_progress.begin(token, types.WorkDoneProgressBegin(title="Callwright"))
        return self._report

    def _report(self, stage: str) -> None:
        self.status.change(message=stage)
        if self._progress is not None:
            self.work_done_progress.report(self._progress, types.WorkDoneProgressReport(message=stage))

    def _end_progress(self) -> None:
        if self._progress is not None:
            self.work_done_progress.end(self._progress, types.WorkDoneProgressEnd())
            self._progress = None

    def _ready(self, bundle: str) -> None:
        self._end_progress()
        self._stay_awake()
        self.status.change("ready", message=f"bundle {bundle}", silence="")
        self._check_with_catalogue()

    def _failed(self, reason: str) -> None:
        self._end_progress()
        self.status.change("error", message=reason)
        self._tell(reason, types.MessageType.Error)

    def _off(self, why: str) -> None:
        self._end_progress()
        self.status.change("off", message=why)


class Answer:
    """Suggestions with the document that they are for."""

    def __init__(self, document: OpenDocument, offset: int, suggestions: Suggestions) -> None:
        self.document, self.offset, self.suggestions = document, offset, suggestions
