import tokenize
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwright_server.suggest.scan import Inside, scan


@pytest.mark.parametrize(
    ("text", "inside", "brackets"),
    [
        ("f(", Inside.CODE, "("),
        ("f('", Inside.STRING, "("),
        ("f('it\\'s", Inside.STRING, "("),
        ("f(a, [1, {'k': \"v\", 'x", Inside.STRING, "([{"),
        ("x = 1  # note", Inside.COMMENT, ""),
        ("'''doc ' \"", Inside.LONG_STRING, ""),
        ('"""a""" + f(', Inside.CODE, "("),
        ("x = 'open\nf(", Inside.CODE, "("),
        ("rb'x' + f\"", Inside.STRING, ""),
        ("f(\ndef g():\n  h[", Inside.CODE, "["),
        ("f(\nx = g(", Inside.CODE, "("),
        ("f(\n    x = g(", Inside.CODE, "(("),
        ("[x\n for x in y if (", Inside.CODE, "[("),
        ("# it's\nf(", Inside.CODE, "("),
        ("x = '#'; f(", Inside.CODE, "("),
    ],
)
def test_surroundings(text: str, inside: Inside, brackets: str) -> None:
    found = scan(text, len(text))
    assert (found.inside, "".join(bracket.char for bracket in found.brackets)) == (inside, brackets)


@given(st.text(alphabet="(['\"])}\\\n# =ax", max_size=30), st.data())
def test_any_text_has_surroundings(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    found = scan(text, offset)
    assert 0 <= found.since <= offset
    assert all(text[bracket.offset] == bracket.char for bracket in found.brackets)


def test_agrees_with_python_on_a_real_module() -> None:
    text = Path(tokenize.__file__).read_text()
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    tokens = list(tokenize.generate_tokens(StringIO(text).readline))
    for token in tokens[::7]:
        if token.type in (tokenize.STRING, tokenize.COMMENT) and token.end[1] - token.start[1] > 4:
            middle = starts[token.end[0] - 1] + token.end[1] - 1
            assert scan(text, middle).inside is not Inside.CODE, token
        elif token.type is tokenize.NAME:
            assert scan(text, starts[token.start[0] - 1] + token.start[1]).inside is Inside.CODE, token
