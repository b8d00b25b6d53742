import importlib.util
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def typist():
    path = Path(__file__).parents[2] / "benchmarks" / "bench" / "typist.py"
    spec = importlib.util.spec_from_file_location("typist", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["typist"] = module
    spec.loader.exec_module(module)
    return module


def test_the_trace_is_the_same_every_time_and_has_its_length(typist):
    first, again = typist.sessions(), typist.sessions()
    assert first == again
    assert sum(len(session.keystrokes) for session in first) == typist.KEYSTROKES


def test_whatever_slips_the_typist_makes_the_script_is_there_in_the_end(typist):
    for session in typist.sessions(10**6):
        text = session.before
        for key in session.keystrokes:
            text = text[: key.start] + key.text + text[key.end :]
        script = (typist.SCRIPTS / f"{session.name}.py.txt").read_text()
        assert text == script.replace(typist.TYPED_FROM, "")
        compile(text, session.name, "exec")


def test_there_are_slips_second_thoughts_and_visits(typist):
    keys = [key for session in typist.sessions() for key in session.keystrokes]
    assert sum(key.start != key.end for key in keys) > 50
    assert sum(not key.edits for key in keys) >= 4
    assert 60 < 60 * len(keys) / 5 / sum(key.after for key in keys) < 120  # words a minute
