"""Call sites: which places are taken, and what is said of what is suggested there."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from callwright_grounding.checking import Checker
from callwright_grounding.environment import Environment, describe_interpreter
from callwright_grounding.errors import UserError
from callwright_server.suggest.suggestion import Suggestion, Suggestions
from callwright_training.cli import rlaif_train
from callwright_training.evaluation import Summary
from callwright_training.evaluation.call_sites import complete_call_sites, find_call_sites

SOURCE = """import json, os.path
from . import mine
import unheard_of


def save(data, path):
    text = json.dumps(data, indent=2)
    mine.check(text)
    unheard_of.check(text)
    os.path.join(
        path)
    path.write(json.dumps(1))
    ä = "ö"; x = json.loads(text)
    json.dump(data, path)
"""


class Parrot:
    """A suggester that always says the same."""

    def __init__(self, text):
        self.text = text

    def suggest(self, document, offset, *, stop):
        item = Suggestion(start=offset, end=offset, text=self.text)
        return Suggestions(items=(item,) if self.text else ())


@pytest.fixture
def sites(tmp_path):
    def find(source=SOURCE, **options):
        (tmp_path / "sample.py").write_text(source)
        return find_call_sites(tmp_path, **options)

    return find


@pytest.fixture(scope="module")
def checker():
    return Checker(Environment(describe_interpreter(Path(sys.executable))))


@pytest.fixture
def scores(sites, checker):
    def suggested(text):
        [result] = complete_call_sites(
            Parrot(text), sites("import json\nx = json.dumps(1, indent=2)\n"), checker
        )
        return result.scores

    return suggested


def test_only_whole_lines_that_call_something_installed_are_taken(sites):
    assert sorted(site.line for site in sites()) == [
        "json.dump(data, path)",
        "text = json.dumps(data, indent=2)",
    ]


def test_the_cursor_stands_behind_the_first_dot(sites):
    assert {site.before.rpartition("\n")[2] for site in sites()} == {"    json.", "    text = json."}


def test_the_same_seed_finds_the_same_places(sites):
    many = "import json\n" + "json.dumps(1)\n" * 40

    assert sites(many, seed=1) == sites(many, seed=1)
    assert sites(many, seed=1) != sites(many, seed=2)
    assert len(sites(many)) == 3


@given(st.text(max_size=6))
def test_any_string_before_the_call_leaves_the_cursor_at_the_dot(tmp_path_factory, text):
    file = tmp_path_factory.mktemp("sites") / "sample.py"
    file.write_text(f"import json\nx[{text!r}] = json.dumps(1)\n", encoding="utf-8")

    [site] = find_call_sites(file)

    assert site.before == f"import json\nx[{text!r}] = json."


def test_code_without_a_call_site_is_told(sites):
    with pytest.raises(UserError, match="no line there calls"):
        sites("x = 1\n")


@pytest.mark.parametrize(
    ("text", "callable_", "exact", "invented"),
    [
        ("dumps( 1,indent = 2 )", 1, 1, 0),
        ("dumps(2)", 1, 0, 0),
        ("loads(1)", 0, 0, 0),
        ("unheard(1)", 0, 0, 1),
        ("dumps(1, unheard_of=2)", 1, 0, 0),  # json.dumps takes any keyword
        ("dumps((", 0, 0, None),
    ],
)
def test_what_is_said_of_a_suggestion(scores, text, callable_, exact, invented):
    assert scores(text) == {
        "site_answered": 1,
        "site_callable": callable_,
        "site_exact": exact,
        "site_invented": invented,
    }


def test_no_suggestion_invents_nothing(scores):
    assert scores("") == {"site_answered": 0, "site_callable": 0, "site_exact": 0, "site_invented": None}


def test_only_a_bundle_completes_call_sites(tmp_path):
    (tmp_path / "sample.py").write_text(SOURCE)
    arguments = ["evaluate", "--baseline", "bm25", "--call-sites", str(tmp_path)]

    with pytest.raises(UserError, match="give --bundle"):
        CliRunner().invoke(rlaif_train, arguments, catch_exceptions=False, standalone_mode=False)


@pytest.mark.slow
def test_a_bundle_completes_them_through_the_command_line(tmp_path, tiny_bundle):
    (tmp_path / "sample.py").write_text(SOURCE)
    arguments = ["evaluate", "--bundle", tiny_bundle.path, "--call-sites", tmp_path / "sample.py"]

    CliRunner().invoke(
        rlaif_train, [str(each) for each in (*arguments, "--out", tmp_path / "out")], catch_exceptions=False
    )

    summary = Summary.load(tmp_path / "out/summary.json")
    assert summary.n == 2
    assert summary.figures["site_exact"] is not None
    assert json.loads((tmp_path / "out/results.jsonl").read_text().splitlines()[0])["domain"] == "json"
