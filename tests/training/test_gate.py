"""Fitting when something is shown: what the thresholds promise, and the command on a tiny bundle."""

import json
import shutil

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from callwright_server.bundle import Bundle
from callwright_server.gate import Gate
from callwright_training.cli import rlaif_train
from callwright_training.gate.fitting import SeenCall, SeenLine, fit_calls, fit_lines
from callwright_training.gate.measuring import same_line
from callwright_training.gate.sources import comments, line_sites

SHARES = st.floats(0, 1)
LINES = st.lists(st.builds(SeenLine, SHARES, st.floats(-9, 9), st.booleans()), max_size=30)
CALLS = st.lists(st.builds(SeenCall, st.floats(0, 30), SHARES, st.booleans()), max_size=30)

SOURCE = '''"""Doc with a dot. And
more.import of it."""
import os.path
from json import dumps


def save(data, path):
    # Write the data as text to the place that was given
    text = dumps(data, indent=2)
    return os.path.join(path, text)
'''


@given(LINES, SHARES)
def test_of_the_lines_shown_enough_are_right(seen, right):
    threshold = fit_lines(seen, right)
    shown = [line.right for line in seen if line.passes(threshold)]
    assert not shown or (sum(shown) + 1) / (len(shown) + 2) >= right


def test_a_certain_model_is_shown_and_a_wrong_one_silenced():
    good = [SeenLine(0.9, 3.0, True)] * 9
    bad = [SeenLine(0.5, 1.0, False)] * 9
    threshold = fit_lines(good + bad, 0.8)
    assert [line.passes(threshold) for line in (good[0], bad[0])] == [True, False]
    assert not fit_lines(bad, 0.5).least_probability < 1


def test_a_margin_is_asked_for_only_where_it_helps():
    wanted = [SeenLine(0.6, 2.0, True)] * 20
    forced = [SeenLine(0.7, -1.0, False)] * 20
    assert fit_lines(wanted, 0.5).least_margin is None
    threshold = fit_lines(wanted + forced, 0.8)
    assert [line.passes(threshold) for line in (wanted[0], forced[0])] == [True, False]


@given(CALLS, SHARES)
def test_no_more_comments_than_wanted_bring_a_call(seen, share):
    threshold = fit_calls(seen, share)
    others = [call for call in seen if not call.asked]
    assert sum(call.passes(threshold) for call in others) <= share * len(others)


def test_all_questions_are_answered_where_they_stand_apart():
    seen = [SeenCall(20.0, 0.5, True)] * 5 + [SeenCall(10.0, 0.5, False)] * 10
    assert all(call.passes(fit_calls(seen, 0.0)) for call in seen if call.asked)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("x = f(1,2)  # why", "x = f(1, 2)", True),
        ("x = 'a'", 'x = "a"', True),
        ("if x:", "if x :", True),
        ("x = f(1)", "x = f(2)", False),
        ("x = f(", "x = f(", False),
    ],
)
def test_lines_are_compared_as_statements(one, other, same):
    assert same_line(one, other) == same


def test_places_are_code_that_can_be_gone_on_with(tmp_path):
    file = tmp_path / "sample.py"
    file.write_text(SOURCE)
    sites = [site for seed in range(20) for site in line_sites([file], 9, seed)]
    assert {site.kind for site in sites} == {"import", "member", "argument", "other"}
    for site in sites:
        assert site.line.startswith(site.before.rpartition("\n")[2].lstrip())
        assert "more.import" not in site.line
    assert comments([file], 5) == ["Write the data as text to the place that was given"]


def test_the_command_fits_and_installs(tiny_bundle, tmp_path, monkeypatch):
    monkeypatch.setenv("CALLWRIGHT_HOME", str(tmp_path))
    monkeypatch.setenv("CALLWRIGHT_DATA", str(tmp_path))
    place = shutil.copytree(tiny_bundle.path, tmp_path / "bundle")
    options = ["--fit-on", "click", "--measure-on", "pluggy", "--sites", "2", "--comments", "9", "--json"]
    found = CliRunner().invoke(rlaif_train, ["gate", str(place), *options, "--out", str(tmp_path / "out")])
    assert found.exit_code == 0, found.output
    printed = json.loads(found.stdout)
    assert Bundle.open(place, trust_stamp=False).gate == Gate.load(tmp_path / "out") == Gate(**printed)
    assert printed["fitted"]["on other code"]["code"] == ["pluggy"]
    assert set(printed["line"]) == {"import", "member", "argument", "other"}
