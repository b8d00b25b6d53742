import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwright_server.suggest.document import Document, line_after, line_before

TEXT = st.text(alphabet="ab\r\n é😀\x0c\u2028", max_size=12)


@given(TEXT, TEXT, st.data())
def test_an_edit_is_what_a_new_document_would_be(text: str, inserted: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    document = Document(text)
    assert document.starts
    edited = document.edited(start, end, inserted)
    assert edited.text == text[:start] + inserted + text[end:]
    assert edited.starts == Document(edited.text).starts


@given(TEXT, st.data())
def test_places_and_offsets_are_inverse(text: str, data: st.DataObject) -> None:
    document, offset = Document(text), data.draw(st.integers(0, len(text)))
    line, column = document.place(offset)
    if column <= len(document.line(line)):
        assert document.offset(line, column) == offset
    assert document.offset(line, 10**6) == document.starts[line] + len(document.line(line))


@given(TEXT, st.data())
def test_a_line_is_what_is_before_and_after_the_cursor(text: str, data: st.DataObject) -> None:
    document, offset = Document(text), data.draw(st.integers(0, len(text)))
    line, column = document.place(offset)
    if column <= len(document.line(line)):
        assert line_before(document, offset) + line_after(document, offset) == document.line(line)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\nb\r\nc\rd", ["a", "b", "c", "d"]),
        ("a\x0cb\u2028c\n", ["a\x0cb\u2028c", ""]),
    ],
)
def test_lines_end_where_the_protocol_says(text: str, lines: list[str]) -> None:
    document = Document(text)
    assert [document.line(number) for number in range(len(document.starts))] == lines
    assert document.line(len(lines)) == ""
