"""An editor without a screen: types a sample into ``callwright serve`` and keeps what is suggested.

A real subprocess over stdio, as every editor has it; only the keys are ours.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient
from pygls.workspace import PositionCodec

from callwright_grounding.errors import InterpreterError
from callwright_server import __version__
from callwright_server.errors import BundleError, ServerError
from callwright_server.lsp.documents import offset_of, position_of
from callwright_server.lsp.status import METHOD
from callwright_server.suggest.document import Document
from callwright_server.suggest.installed import look

MARK = "‸"
"""Where the sample's author stops to look at what is suggested."""
URI = "file:///demo.py"
PATIENCE = 120.0
"""Seconds that the model may take to load."""
_KEY = 0.01
"""Seconds between two keys."""
_SEEN_TYPING = 2
"""Lines at the end of each part that are typed key by key; what is above them comes as one edit."""
_UTF16 = PositionCodec()
_CLOSED = {"(": ")", '"': '"', "'": "'", "[": "]"}


@dataclass(frozen=True, slots=True)
class Stop:
    """One place where the author looked."""

    number: int
    above: str
    """The comment or line above the cursor's line, for the reader."""
    line: str
    """What has been typed of the cursor's line."""
    suggestion: str
    """What was suggested; empty where nothing was."""
    start: int
    """Column of the line at which it begins: it may repeat what has been typed."""
    milliseconds: float
    """From the request to its answer."""
    reason: str
    """Why nothing was suggested."""


def sample() -> str:
    """The sample that comes with the package."""
    return (files("callwright_server") / "samples" / "demo.py.txt").read_text(encoding="utf-8")


async def watch(
    text: str, *, bundle: str = "", report: Callable[[str], None] = lambda stage: None
) -> AsyncIterator[Stop]:
    """Type a text and yield what was suggested at each mark; accepted suggestions stay in the text.

    Args:
        text: Python with :data:`MARK` at the places to look.
        bundle: What to serve; empty takes the default bundle.
        report: Told what the server says of itself while it loads.

    Raises:
        BundleError: The server has no bundle to serve.
        ServerError: The server ended, or does not get ready.
    """
    editor = _Editor(report)
    try:
        await editor.start(bundle)
        for number, part in enumerate(text.split(MARK)[:-1], start=1):
            await editor.type(part)
            yield await editor.look(number)
    finally:
        await editor.stop()


def _is_indexed() -> bool:
    """Whether what is installed here is indexed: doing that now would compete with what is to be seen."""
    try:
        return look("", [Path.cwd()])[1]
    except InterpreterError:
        return False


class _Editor:
    """A buffer, a cursor and a language server."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self._client = LanguageClient("callwright-demo", __version__)
        self._document, self._cursor, self._version = Document(""), 0, 1
        self._status: dict[str, Any] = {}
        self._changed = asyncio.Event()
        self._client.feature(METHOD)(lambda params: self._heard(params, report))
        # What a message box would say, the status says too.
        self._client.feature(types.WINDOW_SHOW_MESSAGE)(lambda params: None)

    async def start(self, bundle: str) -> None:
        await self._client.start_io(sys.executable, "-m", "callwright_server", "serve")
        parameters = types.InitializeParams(
            capabilities=types.ClientCapabilities(),
            initialization_options={"bundle": bundle, "grounding": {"enabled": _is_indexed()}},
        )
        await self._client.initialize_async(parameters)
        self._client.initialized(types.InitializedParams())
        item = types.TextDocumentItem(URI, types.LanguageKind.Python, self._version, "")
        self._client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        try:
            await asyncio.wait_for(self._ready(), PATIENCE)
        except TimeoutError as error:
            raise ServerError(f"The server was not ready after {PATIENCE:.0f} s.") from error

    async def stop(self) -> None:
        server = self._client._server
        if server is not None and server.returncode is None:
            await asyncio.wait_for(self._client.shutdown_async(None), 10)
            self._client.exit(None)
            await asyncio.wait_for(server.wait(), 10)
        await self._client.stop()  # type: ignore[no-untyped-call]

    async def type(self, text: str) -> None:
        """Type as an editor does: keys one by one, brackets and quotes closed."""
        lines = text.splitlines(keepends=True)
        pasted, keys = "".join(lines[:-_SEEN_TYPING]), "".join(lines[-_SEEN_TYPING:])
        self._edit(self._cursor, self._cursor, pasted)
        for key in keys:
            self._press(key)
            await asyncio.sleep(_KEY)

    def _press(self, key: str) -> None:
        if key in _CLOSED.values() and self._document.text.startswith(key, self._cursor):
            self._cursor += 1  # over the sign that was put there for us
        else:
            self._edit(self._cursor, self._cursor, key, _CLOSED.get(key, ""))

    async def look(self, number: int) -> Stop:
        """Ask for ghost text as editors do by themselves, and accept it."""
        began = time.perf_counter()
        items = await self._client.text_document_inline_completion_async(
            types.InlineCompletionParams(
                context=types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
                text_document=types.TextDocumentIdentifier(URI),
                position=position_of(self._document, self._cursor, _UTF16),
            )
        )
        milliseconds = (time.perf_counter() - began) * 1000
        found = items.items if isinstance(items, types.InlineCompletionList) else items or []
        line, column = self._document.place(self._cursor)
        stop = Stop(
            number=number,
            above=self._document.line(line - 1).strip(),
            line=self._document.line(line)[:column],
            suggestion=str(found[0].insert_text) if found else "",
            start=self._column(found[0]) if found else column,
            milliseconds=milliseconds,
            reason="" if found else str(self._status.get("silence", "")),
        )
        self._go_on(found[0] if found else None)
        return stop

    def _column(self, item: types.InlineCompletionItem) -> int:
        start = self._cursor if item.range is None else offset_of(self._document, item.range.start, _UTF16)
        return self._document.place(start)[1]

    def _go_on(self, item: types.InlineCompletionItem | None) -> None:
        """Accept what is suggested, or leave the line as it is; the cursor goes to its end."""
        if item is not None and item.range is not None:
            start, end = (offset_of(self._document, at, _UTF16) for at in (item.range.start, item.range.end))
            self._edit(start, end, str(item.insert_text))
        line, _ = self._document.place(self._cursor)
        self._cursor = self._document.offset(line, sys.maxsize)

    def _edit(self, start: int, end: int, text: str, behind: str = "") -> None:
        """Replace a range; the cursor then stands between ``text`` and ``behind``."""
        span = types.Range(*(position_of(self._document, at, _UTF16) for at in (start, end)))
        self._document = self._document.edited(start, end, text + behind)
        self._cursor = start + len(text)
        self._version += 1
        self._client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self._version, URI),
                [types.TextDocumentContentChangePartial(span, text + behind)],
            )
        )

    def _heard(self, params: Any, report: Callable[[str], None]) -> None:
        self._status = params._asdict()
        if self._status["state"] == "loading":
            report(self._status.get("message", ""))
        self._changed.set()

    async def _ready(self) -> None:
        while (state := self._status.get("state")) != "ready":
            if state == "error":
                raise BundleError(self._status["message"])
            if self._client._server is not None and self._client._server.returncode is not None:
                raise ServerError("The server ended before it was ready.")
            self._changed.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), 0.5)
