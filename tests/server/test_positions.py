from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from pygls.workspace import PositionCodec

from callwright_server.lsp.documents import OpenDocument, offset_of, position_of
from callwright_server.suggest.document import Document

TEXT = st.text(alphabet="ab\té😀𝄞\r\n\x0c", max_size=20)
UTF16 = PositionCodec()


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@given(TEXT, st.data())
def test_columns_count_utf16_units(text: str, data: st.DataObject) -> None:
    document, offset = Document(text), data.draw(st.integers(0, len(text)))
    line, column = document.place(offset)
    if column <= len(document.line(line)):
        position = position_of(document, offset, UTF16)
        assert position == types.Position(line, units(document.line(line)[:column]))
        assert offset_of(document, position, UTF16) == offset


@given(TEXT, st.integers(0, 9), st.integers(0, 30))
def test_any_position_is_somewhere_on_its_line(text: str, line: int, character: int) -> None:
    document = Document(text)
    offset = offset_of(document, types.Position(line, character), UTF16)
    assert 0 <= offset <= len(text)
    if line < len(document.starts):
        assert document.place(offset)[0] == line


@given(TEXT, TEXT, st.data())
def test_changes_arrive_where_the_client_made_them(text: str, inserted: str, data: st.DataObject) -> None:
    document = Document(text)
    places = [
        i for i in range(len(text) + 1) if document.place(i)[1] <= len(document.line(document.place(i)[0]))
    ]
    start, end = sorted((data.draw(st.sampled_from(places)), data.draw(st.sampled_from(places))))
    opened = OpenDocument("file:///x.py", source=text)
    span = types.Range(position_of(document, start, UTF16), position_of(document, end, UTF16))
    opened.apply_change(types.TextDocumentContentChangePartial(span, inserted))
    assert opened.state.text == opened.source == text[:start] + inserted + text[end:]
    assert opened.state.starts == Document(opened.source).starts
