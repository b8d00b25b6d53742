"""What a client may send: one handler per message, each of which translates and hands on."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

from lsprotocol import types

from callwright_server.lsp import existing, scripts, translate
from callwright_server.lsp.documents import Documents
from callwright_server.lsp.server import CallwrightServer
from callwright_server.settings.reading import SECTION
from callwright_server.suggest.asking import Kind

ALTERNATIVES = 3
"""How many texts a client may leaf through as ghost text."""
TRIGGERS = (".", "(", '"', "'", "/", "-")
"""Signs after which a completion menu is worth asking for."""


def create_server() -> CallwrightServer:
    """A server with all its handlers."""
    server = CallwrightServer()
    _register_lifecycle(server)
    _register_documents(server)
    _register_suggesting(server)
    _register_own(server)
    existing.register(server)
    scripts.register(server)
    return server


def _register_lifecycle(server: CallwrightServer) -> None:
    options: dict[str, object] = {}

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        # pygls has made its own workspace just now; nobody has seen it yet.
        server.protocol._workspace = Documents.like(server.workspace)
        options["sent"] = params.initialization_options

    @server.feature(types.INITIALIZED)
    async def initialized(_: types.InitializedParams) -> None:
        server.apply(options.get("sent"))

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def configure(params: types.DidChangeConfigurationParams) -> None:
        sent = params.settings
        workspace = server.client_capabilities.workspace
        if not sent and workspace is not None and workspace.configuration:
            item = types.ConfigurationItem(section=SECTION)
            [sent] = await server.workspace_configuration_async(types.ConfigurationParams([item]))
        server.apply(_plain(sent))

    @server.feature(types.SHUTDOWN)
    def shutdown(_: None) -> None:
        server.end()


def _register_documents(server: CallwrightServer) -> None:
    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        server.pacer.typed(params.text_document.uri)
        if (document := server.document(params.text_document.uri)) is not None:
            server.outcomes.changed(params.text_document.uri, document.state.text)
        server.push_diagnostics(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.pacer.forget(params.text_document.uri)
        server.outcomes.closed(params.text_document.uri)
        server.diagnostics.forget(params.text_document.uri)


def _register_suggesting(server: CallwrightServer) -> None:
    # Without the options pygls would advertise nothing, and no client would ever ask.
    @server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def inline_completion(params: types.InlineCompletionParams) -> list[types.InlineCompletionItem]:
        inline = server.settings.inline
        invoked = params.context.trigger_kind is types.InlineCompletionTriggerKind.Invoked
        if not inline.enabled or not (inline.automatic or invoked):
            return []
        answer = await server.ask(params.text_document.uri, params.position, Kind.INLINE, invoked=invoked)
        if answer is None:
            return []
        found = answer.suggestions
        return translate.inline_items(
            answer.document, (found.items if invoked else found.shown)[:ALTERNATIVES]
        )

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=list(TRIGGERS))
    )
    async def completion(params: types.CompletionParams) -> types.CompletionList:
        empty = types.CompletionList(is_incomplete=server.loader.suggester is None, items=[])
        if not server.settings.menu.enabled:
            return empty
        answer = await server.ask(params.text_document.uri, params.position, Kind.MENU, invoked=False)
        if answer is None:
            return empty
        return translate.completion_list(answer.document, answer.offset, answer.suggestions)


def _register_own(server: CallwrightServer) -> None:
    """Commands; ``scripts`` has the requests of our own."""

    @server.command("callwright.bundles")
    def bundles() -> list[dict[str, Any]]:
        from callwright_server.bundle import Manifest, installed_bundles

        manifests = [Manifest.load(folder) for folder in installed_bundles()]
        sizes = [sum(file.size for file in manifest.files.values()) for manifest in manifests]
        return [
            {"name": manifest.name, "base": manifest.base, "sizeMb": round(size / 1e6)}
            for manifest, size in zip(manifests, sizes, strict=True)
        ]

    @server.command("callwright.outcomes.statistics")
    def statistics() -> str:
        return server.outcomes.statistics()

    @server.command("callwright.outcomes.erase")
    def erase_outcomes() -> int:
        return server.outcomes.erase()

    @server.command("callwright.outcomes.export")
    def export_outcomes(file: str) -> int:
        return server.outcomes.export(file)

    @server.command("callwright.timings")
    def timings() -> list[dict[str, Any]]:
        return server.timings.as_json()

    @server.command("callwright.lastSuggestion")
    def last_suggestion() -> dict[str, Any]:
        return server.last


def _plain(value: object) -> object:
    """JSON as plain dictionaries and lists, where pygls made objects of it."""
    if hasattr(value, "_asdict"):
        return {name: _plain(inner) for name, inner in value._asdict().items()}
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return value


def serve() -> None:
    """Serve on stdin and stdout until the client goes.

    Standard output belongs to the protocol: whatever else prints there goes to stderr.
    """
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    # pygls writes every message, and with it the user's code, to its log.
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    server = create_server()
    try:
        server.start_io(sys.stdin.buffer, output)
    finally:
        server.end()
