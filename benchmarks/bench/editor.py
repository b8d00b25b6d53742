"""A client that speaks to the language server over stdio as an editor does: keys in, ghost text out."""

from __future__ import annotations

import asyncio
import os
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient
from typist import Keystroke, Session

SERVER = ("-m", "callwright_server", "serve")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Answer:
    """What a client saw of one request."""

    latency: float | None
    """Seconds from the key to the answer; ``None`` where the next key came first."""
    texts: tuple[str, ...]


class _Request:
    """One question that is under way."""

    def __init__(self, client: LanguageClient, uri: str, place: types.Position) -> None:
        self.identifier = str(uuid.uuid4())
        self._began, self._ended = time.monotonic(), 0.0
        self._future = client.protocol.send_request(
            types.TEXT_DOCUMENT_INLINE_COMPLETION, _asked(uri, place, False), msg_id=self.identifier
        )
        self._future.add_done_callback(lambda _: self._end())

    def _end(self) -> None:
        self._ended = time.monotonic()

    @property
    def done(self) -> bool:
        """Whether the server has said something."""
        return bool(self._ended)

    def answer(self) -> Answer:
        """What came of it; nothing where it was cancelled."""
        if not self.done or self._future.exception() is not None:
            return Answer(None, ())
        return Answer(self._ended - self._began, _texts(self._future.result()))


class Editor:
    """One server with one client.

    Args:
        settings: What the client sends as settings.
        command: What the interpreter is started with.
    """

    def __init__(self, settings: dict[str, Any], command: Sequence[str] = SERVER) -> None:
        self._settings, self._command = settings, command
        self._client = LanguageClient("callwright-bench", "1")
        self._state = ""
        self._heard = asyncio.Event()
        self._checked = 0
        self._client.feature("callwright/status")(lambda params: self._status(params))
        self._client.feature("textDocument/publishDiagnostics")(lambda params: self._diagnostics(params))
        self._client.feature("window/showMessage")(lambda params: print(params.message, file=sys.stderr))

    async def __aenter__(self) -> Editor:
        await self._client.start_io(sys.executable, *self._command)
        await self._client.initialize_async(
            types.InitializeParams(
                capabilities=types.ClientCapabilities(), initialization_options=self._settings
            )
        )
        self._client.initialized(types.InitializedParams())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.shutdown_async(None)
        self._client.exit(None)
        await self._client.stop()

    async def ready(self) -> None:
        """Wait for the model, and for the index where grounding is on."""
        await self._until(lambda: self._state == "ready")
        if self._settings.get("grounding", {}).get("enabled", True):
            uri = self.open("import json\n\njson.no_such_function()\n")
            await self._until(lambda: self._checked > 0)
            self._client.text_document_did_close(
                types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
            )

    @property
    def process(self) -> int:
        """The server's process id."""
        assert self._client._server is not None
        return int(self._client._server.pid)

    def cpu_seconds(self) -> float:
        """Processor time that the server has taken so far, in all its threads."""
        fields = Path(f"/proc/{self.process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def memory(self) -> dict[str, float]:
        """Megabytes of the server's memory: resident, and of those what no other process shares."""
        rows = Path(f"/proc/{self.process}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
        found = {name: int(value) * 1024 / 1e6 for name, value, *_ in (row.split() for row in rows)}
        return {"resident_mb": round(found["Rss:"], 1), "own_mb": round(found["Private_Dirty:"], 1)}

    def open(self, text: str) -> str:
        """Open a buffer."""
        uri = f"file:///bench/{time.monotonic_ns()}.py"
        item = types.TextDocumentItem(uri, "python", 1, text)
        self._client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    async def ghosts(self, uri: str, place: types.Position, *, invoked: bool = False) -> tuple[str, ...]:
        """Ask once, and wait."""
        items = await self._client.text_document_inline_completion_async(_asked(uri, place, invoked))
        return _texts(items)

    async def timings(self) -> list[dict[str, Any]]:
        """How the server answered its last requests."""
        params = types.ExecuteCommandParams("callwright.timings")
        found = await self._client.workspace_execute_command_async(params)
        return [row if isinstance(row, dict) else row._asdict() for row in found]

    async def replay(self, session: Session, *, speed: float = 1.0) -> list[Answer]:
        """Type a session; every key that changes the text asks for ghost text, and cancels what is asked."""
        uri, text = self.open(session.before), session.before
        asked: list[_Request] = []
        due = time.monotonic()
        for version, key in enumerate(session.keystrokes, 2):
            due = max(due + key.after / speed, time.monotonic() - 0.05)
            await asyncio.sleep(due - time.monotonic())
            if not key.edits:
                continue
            span = types.Range(_position(text, key.start), _position(text, key.end))
            text = text[: key.start] + key.text + text[key.end :]
            self._change(uri, version, span, key)
            if asked and not asked[-1].done:
                self._client.cancel_request(types.CancelParams(asked[-1].identifier))
            place = _position(text, key.start + len(key.text))
            asked.append(_Request(self._client, uri, place))
        await asyncio.sleep(1)
        return [request.answer() for request in asked]

    def _change(self, uri: str, version: int, span: types.Range, key: Keystroke) -> None:
        document = types.VersionedTextDocumentIdentifier(version, uri)
        change = types.TextDocumentContentChangePartial(span, key.text)
        self._client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    async def _until(self, holds: Callable[[], bool], seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            self._heard.clear()
            await asyncio.wait_for(self._heard.wait(), deadline - time.monotonic())

    def _status(self, params: Any) -> None:
        self._state = params.state
        self._heard.set()

    def _diagnostics(self, params: types.PublishDiagnosticsParams) -> None:
        self._checked += len(params.diagnostics)
        self._heard.set()


def _asked(uri: str, place: types.Position, invoked: bool) -> types.InlineCompletionParams:
    kind = types.InlineCompletionTriggerKind
    context = types.InlineCompletionContext(kind.Invoked if invoked else kind.Automatic)
    return types.InlineCompletionParams(context, types.TextDocumentIdentifier(uri), place)


def _texts(items: Any) -> tuple[str, ...]:
    return tuple(str(item.insert_text) for item in getattr(items, "items", items) or [])


def _position(text: str, offset: int) -> types.Position:
    """Line and column; the scripts hold no character outside the basic plane."""
    before = text[:offset]
    return types.Position(before.count("\n"), offset - before.rfind("\n") - 1)
