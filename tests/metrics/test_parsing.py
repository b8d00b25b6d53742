import pytest

from callwright_training.metrics.parsing import Parses


@pytest.mark.parametrize(
    ("code", "parses", "has_code", "note"),
    [
        ("x = 1", 1, 1, None),
        ("x = '\\d'", 1, 1, None),
        ("x = (", 0, 1, "line 1: '(' was never closed"),
        ("!pip install x", 0, 1, "line 1: invalid syntax"),
        ("", 0, 0, "no script"),
        ("\0", 0, 1, "source code string cannot contain null bytes"),
    ],
)
def test_a_script_parses_as_it_stands_or_not(case, code, parses, has_code, note):
    measured = Parses().score(case(code))

    assert measured.scores == {"parses": parses, "has_code": has_code}
    assert measured.notes.get("parses") == note
