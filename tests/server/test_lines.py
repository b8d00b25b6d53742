"""Which of the model's lines are shown: the tiny model is held to one word; what it writes is known."""

from dataclasses import replace

import pytest

from callwright_server.engine.engine import Engine
from callwright_server.gate import LINE_KINDS, Gate, LineThreshold
from callwright_server.settings import Inline
from callwright_server.suggest.asking import Ask, Kind
from callwright_server.suggest.document import Document
from callwright_server.suggest.line_writer import LineWriter

SURE_OF_ANYTHING = Inline(minimum_confidence=0.0)


class OneWord:
    """Lets the model write one text and nothing else, beginning with what it writes again."""

    def __init__(self, engine, text, healed=0, doubt=""):
        self.tokens, self.healed, self._doubt = engine.encode(text), healed, doubt

    def allowed(self, generated):
        rest = self.tokens[len(generated) :]
        return rest[:1]

    def doubt(self, written):
        return self._doubt


class Knows:
    def __init__(self, line):
        self._line = line

    def line(self, place):
        return self._line


@pytest.fixture(scope="session")
def engine(tiny_bundle):
    return Engine(tiny_bundle)


def written(engine, source, line=None, settings=SURE_OF_ANYTHING, gate=None):
    writer = LineWriter(engine, settings, Knows(line) if line else None, gate)
    ask = Ask(Document(source), len(source), Kind.INLINE, lambda: False)
    answer = writer.suggest(ask)
    assert answer.items or answer.reason
    return [item.text for item in answer.items], answer.reason


def test_what_grounding_vouches_for_is_shown(engine):
    assert written(engine, "import json\njson.", OneWord(engine, "loads(x)\nmore")) == (["loads(x)"], "")


def test_the_typed_part_is_written_again(engine):
    assert written(engine, "import json\njson.lo", OneWord(engine, "loads(x)", healed=2)) == (["ads(x)"], "")


def test_what_grounding_doubts_is_not_shown(engine):
    found = written(engine, "json.", OneWord(engine, "lods(x)", doubt="json has no 'lods'"))
    assert found == ([], "json has no 'lods'")


def test_that_the_file_uses_a_name_does_not_outweigh_a_doubt(engine):
    found = written(engine, "a.lods(x)\njson.", OneWord(engine, "lods(x)", doubt="json has no 'lods'"))
    assert found == ([], "json has no 'lods'")


def test_an_unsure_model_is_silent(engine):
    items, reason = written(engine, "x = ", OneWord(engine, "x"), Inline(minimum_confidence=1.0))
    assert (items, reason[:33]) == ([], "1 candidate below the threshold h")


SHUT, WIDE = LineThreshold(least_probability=1), LineThreshold(least_probability=0)


@pytest.mark.parametrize(
    ("source", "kind", "where"),
    [
        ("import js", "import", "in an import"),
        ("json.", "member", "behind a dot"),
        ("f(\n    1, ", "argument", "between brackets"),
        ("x = ", "other", "here"),
    ],
)
def test_each_kind_of_place_has_its_threshold(engine, source, kind, where):
    word = OneWord(engine, "x")
    others = dict.fromkeys(LINE_KINDS, WIDE)
    assert written(engine, source, word, Inline(), Gate(line=others)) == (["x"], "")
    items, reason = written(engine, source, word, Inline(), Gate(line=others | {kind: SHUT}))
    assert items == []
    assert reason.startswith(f"1 candidate below the threshold {where} (")


def test_the_users_own_threshold_goes_before_the_bundles(engine):
    gate = Gate(line={"other": SHUT})
    assert written(engine, "x = ", OneWord(engine, "x"), SURE_OF_ANYTHING, gate) == (["x"], "")


def test_a_line_that_the_model_did_not_want_has_a_negative_margin(engine):
    likely = engine.following("x = ", ()).argsort()
    least, best = (engine.decode([int(likely[place])]) for place in (0, -1))
    ask = Ask(Document("x = "), 4, Kind.INLINE, lambda: False)
    margins = [
        LineWriter(engine, Inline(), Knows(OneWord(engine, text))).line(ask).margin for text in (least, best)
    ]
    assert margins[0] < 0 < margins[1]
    ahead = Gate(line={"other": LineThreshold(least_probability=0, least_margin=0)})
    assert "ahead by" in written(engine, "x = ", OneWord(engine, least), Inline(), ahead)[1]


def test_the_same_line_is_answered_from_memory(engine):
    writer = LineWriter(engine, SURE_OF_ANYTHING)
    asks = [Ask(Document("value = "), 8, Kind.INLINE, stop) for stop in (None, lambda: False, None)]
    before, first, again = [writer.suggest(ask) for ask in asks]
    assert before is None
    assert again == replace(first, from_model=False)


def test_an_empty_line_gets_nothing(engine):
    assert written(engine, "x = 1\n    ") == ([], "the line is empty and no comment asks for anything")
