"""``rlaif-train compare``, through the command line, on evaluations as the command before it leaves them."""

import json
import re
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner

from callwright_grounding.errors import UserError
from callwright_training.cli import rlaif_train
from callwright_training.evaluation import Result, ResultFile, summarise

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture
def evaluation(tmp_path):
    """Writes an evaluation of scores by record number."""

    def write(name, scores, code="x = 1"):
        folder = tmp_path / name
        folder.mkdir()
        results = [_result(number, right, code) for number, right in scores.items()]
        ResultFile(folder / "results.jsonl").replace(results)
        summarise(results, {"name": name, "kind": "responses"}).save(folder / "summary.json")
        return folder

    return write


@pytest.fixture
def compare():
    def run(*options):
        result = CliRunner().invoke(rlaif_train, ["compare", *map(str, options)], standalone_mode=False)
        if result.exception:
            raise result.exception
        return result.stdout

    return run


def test_figures_and_tests_are_of_the_common_questions(compare, evaluation):
    first = evaluation("first", {number: number < 8 for number in range(12)})
    second = evaluation("second", {number: number < 2 for number in range(10)})

    found = json.loads(compare(first, second, "--json", "-"))

    assert [system["n"] for system in found["systems"]] == [10, 10]
    assert [system["exact_call"] for system in found["systems"]] == [80, 20]
    assert found["dropped"] == {"first": 2}
    exact = next(one for one in found["pairs"][0]["metrics"] if one["metric"] == "exact_call")
    assert (exact["first_only"], exact["second_only"], exact["difference"]) == (6, 0, -60)
    assert exact["p"] == pytest.approx(2 / 2**6)
    assert exact["low"] < -60 < exact["high"] < 0


def test_the_table_names_systems_and_tests(compare, evaluation):
    shown = compare(evaluation("mine", {1: True, 2: False}), evaluation("theirs", {1: True, 2: True}))

    assert "theirs against mine" in shown
    assert "McNemar" in shown


def test_equal_names_are_told_apart(compare, evaluation, tmp_path):
    folder = evaluation("same", {1: True})

    found = json.loads(compare(folder, folder, "--json", "-"))

    assert [system["name"] for system in found["systems"]] == ["same", "same (2)"]


def test_a_summary_alone_is_shown_and_not_paired(compare, evaluation, tmp_path):
    lone = tmp_path / "published.json"
    lone.write_text((evaluation("published", {1: True}) / "summary.json").read_text())

    found = json.loads(compare(evaluation("mine", {1: True, 2: False}), lone, "--json", "-"))

    assert [system["n"] for system in found["systems"]] == [2, 1]
    assert found["pairs"] == []


def test_systems_without_a_common_question_are_refused(compare, evaluation):
    with pytest.raises(UserError, match="no question was answered by all"):
        compare(evaluation("a", {1: True}), evaluation("b", {2: True}))


def test_one_evaluation_is_not_a_comparison(compare, evaluation):
    with pytest.raises(UserError, match="at least two"):
        compare(evaluation("a", {1: True}))


def test_a_folder_without_an_evaluation_is_told(compare, tmp_path):
    with pytest.raises(UserError, match="not a summary"):
        compare(tmp_path, tmp_path)


def test_the_report_holds_every_answer_and_loads_nothing(compare, evaluation, tmp_path):
    path = tmp_path / "report.html"
    compare(
        evaluation("a", {1: True, 2: False}, HOSTILE), evaluation("b<b>", {1: True, 2: True}), "--html", path
    )

    page = _Page()
    page.feed(path.read_text())
    data = json.loads(page.scripts[0])
    assert [len(question["answers"]) for question in data["questions"]] == [2, 2]
    assert data["questions"][0]["answers"][0][0]["code"] == HOSTILE
    assert data["systems"] == ["a", "b<b>"]
    assert len(page.scripts) == 2
    assert not {"img", "link", "iframe", "b"} & page.tags
    assert not re.search(
        r"""(?:src|href)\s*=|url\(|@import|fetch\(|innerHTML|insertAdjacentHTML""", page.text
    )


def _result(number, right, code):
    return Result(
        key=f"k{number}",
        record=f"eval:{number}",
        question_id=number,
        instruction=f"Question {number}",
        domain="Vision",
        reference_call="f('x')",
        reference_code="f('x')",
        text=code,
        call="f('x')" if right else None,
        code=code,
        measured=["calls"],
        scores={"exact_call": float(right), "codebleu": 0.5 + 0.1 * right},
    )


class _Page(HTMLParser):
    """The page's tags, its scripts' texts, and its own text and attributes without embedded data."""

    def __init__(self):
        super().__init__()
        self.tags, self.scripts, self.text, self._kind = set(), [], "", None

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.text += " ".join(f"{name}={value}" for name, value in attrs if value)
        self._kind = dict(attrs).get("type", "code") if tag == "script" else None

    def handle_endtag(self, tag):
        self._kind = None

    def handle_data(self, data):
        if self._kind is not None:
            self.scripts.append(data)
        if self._kind != "application/json":
            self.text += data


def test_what_the_static_tier_foretold_is_in_table_and_report(compare, evaluation, tmp_path):
    first, second = evaluation("mine", {1: True}), evaluation("theirs", {1: False})
    summary = json.loads((first / "summary.json").read_text())
    summary["about"] = {"static_tier": {"precision": 100.0, "recall": 91.6667, "n": 61}}
    (first / "summary.json").write_text(json.dumps(summary))

    shown = compare(first, second, "--html", tmp_path / "report.html")

    assert "100.0 / 91.7" in shown
    assert "recall 91.7" in (tmp_path / "report.html").read_text()
