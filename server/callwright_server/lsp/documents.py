"""Open documents, kept as :class:`~callwright_server.suggest.document.Document`.

pygls' own documents split lines where Python does (form feeds, U+2028 …), which the protocol does not, and
split the whole text anew for every change; ours do neither.
"""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types
from pygls.workspace import PositionCodec, TextDocument, Workspace

from callwright_server.suggest.document import Document


class OpenDocument(TextDocument):
    """A document as the client has it, with positions in the client's units."""

    _state: Document | None = None

    @property
    def state(self) -> Document:
        """The text now; later changes do not alter it."""
        text = self._source or ""
        if self._state is None or self._state.text is not text:
            self._state = Document(text, self._place)
        return self._state

    @property
    def _place(self) -> Path | None:
        return Path(self.path) if self.uri.startswith("file:") and self.path else None

    def offset(self, position: types.Position) -> int:
        """Code points in front of a position; positions beyond a line or the text are at its end."""
        return offset_of(self.state, position, self.position_codec)

    def range(self, start: int, end: int) -> types.Range:
        """The client's range between two offsets."""
        state = self.state
        return types.Range(
            position_of(state, start, self.position_codec), position_of(state, end, self.position_codec)
        )

    def _apply_incremental_change(self, change: types.TextDocumentContentChangePartial) -> None:
        start, end = sorted((self.offset(change.range.start), self.offset(change.range.end)))
        self._state = self.state.edited(start, end, change.text)
        self._source = self._state.text


class Documents(Workspace):
    """pygls' workspace, with our documents in it."""

    @classmethod
    def like(cls, workspace: Workspace) -> Documents:
        """An empty one for the same client."""
        return cls(
            workspace.root_uri,
            types.TextDocumentSyncKind.Incremental,
            list(workspace.folders.values()),
            workspace.position_encoding,
        )

    def _create_text_document(
        self,
        doc_uri: str,
        source: str | None = None,
        version: int | None = None,
        language_id: str | None = None,
    ) -> TextDocument:
        return OpenDocument(
            doc_uri,
            source=source,
            version=version,
            language_id=language_id,
            sync_kind=types.TextDocumentSyncKind.Incremental,
            position_codec=self.position_codec,
        )


def offset_of(document: Document, position: types.Position, codec: PositionCodec) -> int:
    """The offset of a client's position."""
    line = document.line(position.line)
    column = position.character
    if not line.isascii():
        at = types.Position(0, position.character)
        column = codec.position_from_client_units([line], at).character
    return document.offset(position.line, column)


def position_of(document: Document, offset: int, codec: PositionCodec) -> types.Position:
    """The client's position of an offset."""
    line, column = document.place(offset)
    return types.Position(line, codec.client_num_units(document.line(line)[:column]))
