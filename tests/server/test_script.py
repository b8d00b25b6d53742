"""The lines below a chosen call: the tiny model is held to given ones, so that what it writes is known."""

import pytest

from callwright_server.engine.engine import Engine
from callwright_server.settings import Inline
from callwright_server.suggest.document import Document
from callwright_server.suggest.script import LONGEST, ScriptWriter
from callwright_server.suggest.suggestion import Suggestion

TASK = "# Tell the sentiment of reviews\n"
CALL = "pipe = pipeline('text-classification')"
USE = "labels = pipe(reviews)"
SHOW = "print(labels)"


class Line:
    """Lets the model write one line and nothing else."""

    healed = 0

    def __init__(self, tokens, doubt):
        self._tokens, self._doubt = tokens, doubt

    def allowed(self, generated):
        return self._tokens[len(generated) :][:1]

    def doubt(self, written):
        return self._doubt


class Dictation:
    """One line after another; a line in brackets is doubted, and after the last there is nothing."""

    def __init__(self, engine, lines):
        self._engine, self._lines = engine, iter(lines)

    def line(self, place):
        line = next(self._lines, "\n")
        return Line(self._engine.encode(f"{line.strip('[]')}\n"), "invented" if line.startswith("[") else "")


@pytest.fixture(scope="session")
def engine(tiny_bundle):
    return Engine(tiny_bundle)


@pytest.fixture
def script(engine):
    """The document with the script that is dictated at its end."""

    def write(*lines, source=TASK, call=CALL, stop=lambda: False, written=lambda line: None):
        writer = ScriptWriter(engine, Inline(minimum_confidence=0.0), Dictation(engine, lines))
        chosen = Suggestion(start=len(source), end=len(source), text=call)
        whole = writer.extend(Document(source), chosen, stop=stop, written=written)
        assert whole.start == chosen.start
        return source + whole.text

    return write


def test_lines_that_use_the_call_follow_it(script):
    told = []
    assert script(USE, SHOW, written=told.append) == f"{TASK}{CALL}\n{USE}\n{SHOW}"
    assert told == [USE, SHOW]


@pytest.mark.parametrize(
    "end",
    ["[labels.sort()]", "# Now another task", "", USE, "for label in labels:"],
    ids=["doubted", "another task", "empty", "said already", "begun and not ended"],
)
def test_what_ends_it(script, end):
    assert script(USE, end) == f"{TASK}{CALL}\n{USE}"


def test_a_block_is_kept_whole(script):
    lines = ("for label in pipe(reviews):", "    print(label)")
    assert script(*lines, "while True:") == "\n".join([f"{TASK}{CALL}", *lines])


def test_what_does_not_use_the_call_is_left_out(script):
    assert script("print('done')") == TASK + CALL


def test_it_stays_where_the_call_stands(script):
    inside = f"def judge(reviews):\n    {TASK}"
    call = f"    {CALL}"
    use = "    return pipe(reviews)"
    assert script(use, "print(1)", source=inside, call=call) == f"{inside}{call}\n{use}"
    assert script("print(pipe(1))", source=inside, call=call) == f"{inside}{call}"


def test_it_ends_lines_as_the_file_does(script):
    assert script(USE, source=TASK.replace("\n", "\r\n")).endswith(f"\r\n{CALL}\r\n{USE}")


def test_it_has_an_end(script):
    lines = [f"x{number} = pipe(reviews)" for number in range(2 * LONGEST)]
    assert script(*lines).count("\n") == LONGEST + 1


def test_who_cancels_gets_the_call_alone(script):
    assert script(USE, stop=lambda: True) == TASK + CALL
