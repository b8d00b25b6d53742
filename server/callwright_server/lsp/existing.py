"""Handlers about what exists: diagnostics, the fixes for them, and hover."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lsprotocol import types

from callwright_server.lsp import translate
from callwright_server.lsp.diagnostics import PAUSE, SOURCE, fixes
from callwright_server.suggest.explaining import explained_at

if TYPE_CHECKING:
    from callwright_server.lsp.server import CallwrightServer

Report = types.RelatedFullDocumentDiagnosticReport | types.RelatedUnchangedDocumentDiagnosticReport


def register(server: CallwrightServer) -> None:
    """Add the handlers."""

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        if server.python_document(params.text_document.uri) is not None:
            server.groundwork.wake()
            server.push_diagnostics(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(_: types.DidSaveTextDocumentParams) -> None:
        server.groundwork.saved()

    @server.feature(
        types.TEXT_DOCUMENT_DIAGNOSTIC,
        types.DiagnosticOptions(inter_file_dependencies=True, workspace_diagnostics=False, identifier=SOURCE),
    )
    async def diagnostic(params: types.DocumentDiagnosticParams) -> Report:
        uri = params.text_document.uri
        # VS Code pulls at every key, and takes the request back at the next one.
        while left := server.pacer.unrest(uri, PAUSE):
            await asyncio.sleep(left)
        name = server.diagnostics.result_id(uri)
        if params.previous_result_id == name:
            return types.RelatedUnchangedDocumentDiagnosticReport(result_id=name)
        items = await server.diagnostics.of(uri)
        return types.RelatedFullDocumentDiagnosticReport(
            items=items, result_id=server.diagnostics.result_id(uri)
        )

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix]),
    )
    async def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        only = params.context.only
        if only and not any(str(kind) in ("quickfix", "") for kind in map(_value, only)):
            return []
        found = await server.diagnostics.findings(params.text_document.uri)
        document = server.python_document(params.text_document.uri)
        return fixes(document, found, params.range) if document is not None else []

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        document, shelf = server.python_document(params.text_document.uri), server.loader.shelf
        if document is None or shelf is None:
            return None
        found = explained_at(document.state, document.offset(params.position), shelf)
        return translate.hover(document, found) if found is not None else None


def _value(kind: types.CodeActionKind | str) -> str:
    return kind.value if isinstance(kind, types.CodeActionKind) else kind
