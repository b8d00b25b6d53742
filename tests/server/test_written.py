import math

import pytest

from callwright_server.suggest.written import Line, Written, confidence


def written(*tokens: tuple[str, float], ended: bool = True) -> Line:
    """A line of tokens and their probabilities; the last one ends it."""
    texts = [text for text, _ in tokens]
    ends = tuple(len("".join(texts[: number + 1])) for number in range(len(texts)))
    return Line("".join(texts).rstrip("\n"), ends, tuple(math.log(sure) for _, sure in tokens), ended)


LINE = written(("load", 0.1), ("er(", 0.8), ("path", 0.8), (")\n", 0.8))


def test_confidence_is_the_mean_probability():
    assert confidence([math.log(0.5), math.log(0.125), math.nan]) == pytest.approx(0.25)
    assert confidence([]) == 0.0


def test_while_a_line_is_typed_its_rest_is_known_and_grows_surer():
    lines = Written()
    lines.remember(b"above", "x = ", LINE)
    rests = [lines.find(b"above", "x = " + LINE.text[:typed]) for typed in range(len(LINE.text) + 1)]
    assert [rest.text for rest in rests] == [LINE.text[typed:] for typed in range(len(LINE.text) + 1)]
    assert LINE.sure == pytest.approx((0.1 * 0.8**3) ** 0.25)
    assert rests[3].sure == pytest.approx(LINE.sure)
    assert rests[4].sure == rests[-1].sure == LINE.surest() == pytest.approx(0.8)


@pytest.mark.parametrize(("above", "head"), [(b"above", "x = lof"), (b"other", "x = "), (b"above", "x =")])
def test_anything_else_must_be_asked(above, head):
    lines = Written()
    lines.remember(b"above", "x = ", LINE)
    assert lines.find(above, head) is None


def test_behind_a_line_that_had_no_room_to_end_the_model_is_asked():
    lines = Written()
    lines.remember(b"", "x = ", written(("one", 0.9), (" + two", 0.9), ended=False))
    assert lines.find(b"", "x = one + tw").text == "o"
    assert lines.find(b"", "x = one + two") is None


def test_a_cut_line_keeps_the_tokens_that_it_begins():
    cut = LINE.cut(len("loader("))
    assert (cut.text, len(cut.log_probs)) == ("loader(", 2)
