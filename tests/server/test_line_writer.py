"""The model's own lines under keys and under time, with a tiny model that is held to one line."""

from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from callwright_server.engine import Engine, EngineSettings, decoding
from callwright_server.settings import Inline
from callwright_server.suggest.asking import Ask, Kind
from callwright_server.suggest.choosing import Place
from callwright_server.suggest.document import Document
from callwright_server.suggest.line_writer import LineWriter

LINE = "print(total, other)\n"


class OneLine:
    """Grounding that knows a single line and vouches for all of it."""

    healed = 0

    def __init__(self, engine: Engine) -> None:
        self._tokens = engine.encode(LINE)

    def line(self, place: Place) -> "OneLine":
        return self

    def members(self, place: Place) -> None:
        return None

    def allowed(self, generated: Sequence[int]) -> Sequence[int]:
        return self._tokens[len(generated) :][:1]

    def doubt(self, written: str) -> str:
        return "" if written.count("(") == written.count(")") else "an open bracket"


@pytest.fixture
def writer(tiny_bundle) -> LineWriter:
    engine = Engine(tiny_bundle, EngineSettings(threads=1, context=256))
    return LineWriter(engine, Inline(minimum_confidence=0.0), OneLine(engine))


def asked(line: str, stop=lambda: False, deadline=None) -> Ask:
    text = f"total = other = 1\n{line}"
    return Ask(Document(text), len(text), Kind.INLINE, stop, deadline)


def text_of(answer) -> str | None:
    return answer.items[0].text if answer and answer.items else None


def test_a_line_that_is_being_typed_is_written_to_its_end(writer):
    assert writer.suggest(asked("x = pri", stop=None)) is None
    assert text_of(writer.suggest(asked("x = ", stop=lambda: True))) == LINE.rstrip()
    assert text_of(writer.suggest(asked("x = pri", stop=None))) == "nt(total, other)"


@pytest.mark.parametrize("newest", ["x = ", "x = q", "y = p"])
def test_where_something_else_is_typed_or_nothing_it_stops(writer, newest):
    assert writer.suggest(asked(newest, stop=None)) is None
    assert writer.suggest(asked("x = ", stop=lambda: True)).reason == "there was no time"
    assert writer.suggest(asked("x = ", stop=None)) is None


def test_without_time_the_usable_beginning_is_shown_and_not_remembered(writer, monkeypatch):
    times = iter([0.0])
    monkeypatch.setattr(decoding, "time", SimpleNamespace(monotonic=lambda: next(times, 10.0)))
    answer = writer.suggest(asked("x = ", deadline=5.0))
    assert (text_of(answer), answer.complete) == ("print(total, other)", False)
    assert writer.suggest(asked("x = ", stop=None)) is None
