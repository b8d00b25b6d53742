"""Handlers of our own, about a task comment: the calls that would answer it, and the script with one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from callwright_server.lsp import translate
from callwright_server.suggest.asking import Kind

if TYPE_CHECKING:
    from callwright_server.lsp.server import Answer, CallwrightServer


def register(server: CallwrightServer) -> None:
    """Add the handlers."""

    @server.feature("callwright/candidates")
    async def candidates(params: Any) -> list[dict[str, Any]]:
        answer = await _candidates(server, params)
        return [] if answer is None else translate.candidates(answer.document, answer.suggestions.items)

    @server.feature("callwright/script")
    async def script(params: Any) -> dict[str, Any] | None:
        uri, answer = params.textDocument.uri, await _candidates(server, params)
        suggester = server.loader.suggester
        items = answer.suggestions.items if answer is not None else ()
        chosen = next((item for item in items if item.entry and item.entry.text == params.call), None)
        if answer is None or suggester is None or chosen is None:
            return None
        state, told = answer.document.state, _progress(server, getattr(params, "workDoneToken", None))
        whole = await server.think(
            uri, "script", lambda stop: suggester.script(state, chosen, stop=stop, written=told)
        )
        server.outcomes.offered(uri, state, chosen, bundle=server.loader.name, latency_ms=0)
        return translate.insertion(answer.document, whole)


async def _candidates(server: CallwrightServer, params: Any) -> Answer | None:
    position = types.Position(params.position.line, params.position.character)
    return await server.ask(params.textDocument.uri, position, Kind.INLINE, invoked=True)


def _progress(server: CallwrightServer, token: types.ProgressToken | None) -> Any:
    """Tells the client each line as it is written, where it gave a token; for any thread."""
    loop = asyncio.get_running_loop()

    def told(line: str) -> None:
        if token is not None:
            report = types.WorkDoneProgressReport(message=line)
            loop.call_soon_threadsafe(server.work_done_progress.report, token, report)

    return told
