"""Names that do not exist, as diagnostics, once the typing rests: pulled by clients that can, else pushed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from lsprotocol import types
from pygls.uris import to_fs_path

from callwright_grounding.catalogue import Catalogue
from callwright_grounding.checking import ERROR, Finding
from callwright_server.lsp.documents import OpenDocument
from callwright_server.lsp.groundwork import Groundwork
from callwright_server.suggest.document import Document

SOURCE = "callwright"
PAUSE = 0.5
"""Seconds without a change after which findings are pushed, and pulls answered."""
LONGEST = 1_000_000
"""Characters of the longest buffer that is checked while it is edited; `callwright check` has no limit."""


class Diagnostics:
    """Findings of the open documents.

    Args:
        groundwork: Knows what exists.
        document: An open Python document by its URI.
        publish: Sends what is pushed.
    """

    def __init__(
        self,
        groundwork: Groundwork,
        document: Callable[[str], OpenDocument | None],
        publish: Callable[[types.PublishDiagnosticsParams], None],
    ) -> None:
        self._groundwork, self._document, self._publish = groundwork, document, publish
        self._known: dict[str, tuple[Document, int, list[Finding]]] = {}
        self._waiting: dict[str, asyncio.Task[None]] = {}
        self._pushed: set[str] = set()
        self.enabled = False
        self._catalogue: Catalogue | None = None
        self._revision = 0

    def use(self, *, enabled: bool, catalogue: Catalogue | None) -> bool:
        """Whether to check at all, and the ids that may be loaded.

        Returns:
            Whether that is new: then all diagnostics are.
        """
        if enabled == self.enabled and catalogue is self._catalogue:
            return False
        self.enabled, self._catalogue = enabled, catalogue
        self._revision += 1
        self._known.clear()
        return True

    async def of(self, uri: str) -> list[types.Diagnostic]:
        """The diagnostics of a document as it is when they are there."""
        document = self._document(uri)
        found = await self.findings(uri)
        return [_diagnostic(document, finding) for finding in found] if document else []

    async def findings(self, uri: str) -> list[Finding]:
        """What a document names that does not exist; checked anew as long as it changes meanwhile."""
        while self.enabled and (document := self._document(uri)) is not None:
            state, generation = document.state, self._groundwork.generation
            catalogue = self._catalogue
            known = self._known.get(uri)
            if known is not None and known[0] is state and known[1] == generation:
                return known[2]
            if len(state.text) > LONGEST:
                return []
            found = await self._groundwork.check(state.text, _path(uri), catalogue)
            if self._document(uri) is document and document.state is state and catalogue is self._catalogue:
                self._known[uri] = (state, generation, found)
                return found
        return []

    def result_id(self, uri: str) -> str:
        """Names a document's state: equal names, equal diagnostics."""
        document = self._document(uri)
        version = document.version if document else None
        return f"{version}.{self._groundwork.generation}.{self._revision}"

    def push_later(self, uri: str, pause: float = PAUSE) -> None:
        """Push a document's diagnostics after a pause, unless it changes again meanwhile."""
        self._stop(uri)
        if self.enabled and self._document(uri) is not None:
            self._waiting[uri] = asyncio.get_running_loop().create_task(self._push(uri, pause))

    def push_all(self, uris: Sequence[str]) -> None:
        """Push all anew, or take back what was pushed where there are to be none."""
        for uri in uris:
            if self.enabled:
                self.push_later(uri, 0)
            else:
                self._stop(uri)
                self._take_back(uri)

    def forget(self, uri: str) -> None:
        """A document was closed."""
        self._stop(uri)
        self._known.pop(uri, None)
        self._take_back(uri)

    def stop_all(self) -> None:
        """The server ends."""
        for uri in list(self._waiting):
            self._stop(uri)

    async def _push(self, uri: str, pause: float) -> None:
        await asyncio.sleep(pause)
        found = await self.of(uri)
        if found or uri in self._pushed:
            self._pushed.add(uri)
            document = self._document(uri)
            version = document.version if document else None
            self._publish(types.PublishDiagnosticsParams(uri, found, version))

    def _take_back(self, uri: str) -> None:
        if uri in self._pushed:
            self._pushed.discard(uri)
            self._publish(types.PublishDiagnosticsParams(uri, []))

    def _stop(self, uri: str) -> None:
        if (waiting := self._waiting.pop(uri, None)) is not None:
            waiting.cancel()


def fixes(document: OpenDocument, findings: Sequence[Finding], asked: types.Range) -> list[types.CodeAction]:
    """Quick fixes that put the nearest existing names in the place of those that do not exist."""
    actions: list[types.CodeAction] = []
    for finding in findings:
        diagnostic = _diagnostic(document, finding)
        if not _touch(diagnostic.range, asked):
            continue
        start, end = _offsets(document, finding)
        written = document.state.text[start:end]
        for rank, name in enumerate(finding.suggestions):
            edit = types.TextEdit(range=diagnostic.range, new_text=name)
            actions.append(
                types.CodeAction(
                    title=f"Replace {written!r} with {name!r}",
                    kind=types.CodeActionKind.QuickFix,
                    diagnostics=[diagnostic],
                    is_preferred=rank == 0 and len(finding.suggestions) == 1,
                    edit=types.WorkspaceEdit(changes={document.uri: [edit]}),
                )
            )
    return actions


def _diagnostic(document: OpenDocument, finding: Finding) -> types.Diagnostic:
    advice = f"; did you mean {' or '.join(finding.suggestions)}?" if finding.suggestions else ""
    return types.Diagnostic(
        range=document.range(*_offsets(document, finding)),
        message=f"{finding.message}{advice}",
        severity=_severity(finding),
        code=finding.code,
        source=SOURCE,
    )


def _severity(finding: Finding) -> types.DiagnosticSeverity:
    if finding.severity == ERROR:
        return types.DiagnosticSeverity.Error
    # The catalogue is no list of all the ids there are.
    information = finding.code == "repo-id"
    return types.DiagnosticSeverity.Information if information else types.DiagnosticSeverity.Warning


def _offsets(document: OpenDocument, finding: Finding) -> tuple[int, int]:
    state = document.state
    return (
        state.offset(finding.line - 1, finding.column - 1),
        state.offset(finding.end_line - 1, finding.end_column - 1),
    )


def _touch(one: types.Range, other: types.Range) -> bool:
    first, last = (one.start.line, one.start.character), (one.end.line, one.end.character)
    return first <= (other.end.line, other.end.character) and last >= (
        other.start.line,
        other.start.character,
    )


def _path(uri: str) -> Path | None:
    """Where a document lies; ``None`` where that is no file."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    return Path(path) if path else None
