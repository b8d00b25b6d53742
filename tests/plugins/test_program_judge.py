"""What the judge `program` can tell."""

import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwright_grounding.catalogue import Catalogue
from callwright_plugins.builtin import example_catalogue
from callwright_plugins.errors import JudgeError
from callwright_plugins.judge import Pair
from callwright_plugins.judges.program import ProgramJudge
from callwright_plugins.questions import Question, QuestionSet, built_in_question_sets
from callwright_plugins.testing import JudgeContract, judge_now

CATALOGUE = example_catalogue()
SUMMARY = CATALOGUE.get("pipeline('summarization', model='facebook/bart-large-cnn')")
IMPORT = "from transformers import pipeline\n"
RIGHT = "summarize = pipeline('summarization', model='facebook/bart-large-cnn')\n"


class TestContract(JudgeContract):
    @pytest.fixture
    def judge(self):
        return ProgramJudge()


@pytest.fixture
def ask(questions, tmp_path):
    """Good (`True`), bad (`False`) or abstained (`None`), by question id."""

    def work(completion, before=IMPORT, asked=questions, catalogue=CATALOGUE):
        pair = Pair(id="1", instruction="Sum up.", completion=completion, before=before, reference=SUMMARY)
        [judgement] = judge_now(ProgramJudge(), [pair], asked, tmp_path, catalogue=catalogue)
        yes = {name: answer.yes for name, answer in judgement.answers.items()}
        return {q.id: yes[q.id] if yes[q.id] is None else q.is_good(yes[q.id]) for q in asked.questions}

    return work


def test_a_right_program(ask):
    told = ask(RIGHT + "print(summarize('A long text.'))\n")
    assert told == dict.fromkeys(("imports", "syntax", "variables", "api", "arguments"), True) | {
        "complete": None,
        "logic": None,
        "runs": None,
    }


@pytest.mark.parametrize(
    ("call", "loads"),
    [(RIGHT, True), ("summarize = pipeline()\n", False), ("shout('loud')\n", None), ("shout()\n", None)],
)
def test_a_known_api_is_told_what_to_load(ask, call, loads):
    choice = next(one for one in built_in_question_sets() if one.name == "choice")
    assert ask(call, asked=choice)["loads"] is loads


def test_what_is_not_python_has_no_good_property(ask):
    assert set(ask("Sure! Here is the code:").values()) == {False}
    assert set(ask("").values()) == {False}


@pytest.mark.parametrize(
    ("completion", "before", "bad"),
    [
        (RIGHT, "", {"imports", "runs"}),
        (RIGHT + "print(summarize(article))\n", IMPORT, {"variables", "runs"}),
        (RIGHT + "np.zeros(3)\n", IMPORT, {"imports", "runs"}),
        ("pipeline('summarization', model='facebook/bart-huge-cnn')\n", IMPORT, {"api"}),
        ("pipeline()\n", IMPORT, {"api", "arguments"}),
        (RIGHT + "def f():\n    global late\n    late = 1\nf()\nprint(late)\n", IMPORT, set()),
        (RIGHT + "print([word for word in 'ab'], (lambda x: x)(1))\n", IMPORT, set()),
    ],
)
def test_each_fault_is_answered_where_it_belongs(ask, completion, before, bad):
    told = ask(completion, before)
    assert {name for name, good in told.items() if good is False} == bad


def test_a_star_import_hides_what_is_bound(ask):
    told = ask(RIGHT + "print(mystery)\n", "from transformers import *\n")
    assert (told["variables"], told["runs"], told["imports"]) == (None, None, None)


def test_invented_ids_and_foreign_domains(ask):
    domain = QuestionSet.model_validate(
        {
            "name": "d",
            "questions": [
                {"id": "domain", "text": "Of the domain?", "good": "yes", "check": "domain"},
                {"id": "invented", "text": "Invented?", "good": "no", "check": "exists"},
            ],
        }
    )
    assert ask(RIGHT, asked=domain) == {"domain": True, "invented": True}
    assert ask("pipeline('fill-mask', model='bert-base-uncased')\n", asked=domain) == {
        "domain": False,
        "invented": True,
    }
    assert ask("pipeline('summarization', model='no/such')\n", asked=domain) == {
        "domain": False,
        "invented": False,
    }
    assert ask("print(1)\n", asked=domain) == {"domain": False, "invented": None}


@pytest.mark.parametrize(
    ("lines", "used"),
    [
        ("print(pipe('A text.'))\n", True),
        ("found = pipe.model.generate(1)\n", True),
        ("import evaluate\nevaluate.load('x').compute(pipe)\n", True),
        ("with open('f') as file:\n    pipe(file.read())\n", True),
        ("def never(text):\n    return pipe(text)\n", False),
        ("found = lambda text: pipe(text)\n", False),
        ("print(pipe)\n", False),
        ("pipe.model.eval()\n", False),
        ("pipe.model.resize_token_embeddings(3)\n", False),
        ("moved = pipe.model.to('cpu')\n", False),
        ("found = pipe()\n", False),
        ("print(1)\n", False),
        ("other = pipe\n", False),
    ],
)
def test_lines_below_a_call_use_it_where_they_put_its_result_to_work(ask, lines, used):
    usage = next(one for one in built_in_question_sets() if one.name == "usage")
    above = IMPORT + "pipe = pipeline('summarization', model='facebook/bart-large-cnn')\n"

    assert ask(lines, above, usage)["used"] is used
    assert ask(lines, IMPORT, usage)["used"] is None


def test_a_pipelines_task_exists_without_a_model_but_saves_no_invented_one(ask):
    questions = QuestionSet.model_validate(
        {
            "name": "e",
            "questions": [
                {"id": "domain", "text": "Of the domain?", "good": "yes", "check": "domain"},
                {"id": "exists", "text": "Does it exist?", "good": "yes", "check": "exists"},
            ],
        }
    )
    bare = replace(SUMMARY, call="pipeline('summarization')")
    catalogue = Catalogue([*CATALOGUE, bare])

    def told(completion, catalogue=catalogue):
        return ask(completion, asked=questions, catalogue=catalogue)

    assert told("pipeline('summarization')\n", CATALOGUE) == {"domain": True, "exists": True}
    assert told("pipeline('summarisation')\n") == {"domain": False, "exists": False}
    assert told("pipeline('summarization', model='no/such')\n") == {"domain": True, "exists": False}
    assert told("pipeline('summarization', model='facebook/bart-large-cnn', cache_dir='here')\n")["exists"]


def test_installed_packages_tell_what_exists_and_what_is_accepted(tmp_path, questions):
    def told(code):
        pair = Pair(id="1", instruction="Read.", completion=code)
        [judgement] = judge_now(ProgramJudge(python=sys.executable), [pair], questions, tmp_path)
        return tuple(judgement.answers[name].yes for name in ("arguments", "runs"))

    assert told("import json\njson.loads('1')\n") == (None, None)
    assert told("import json\njson.loads('1', unknown=2)\n") == (None, None)  # it takes any keyword
    assert told("import glob\nglob.glob('*', unknown=2)\n") == (False, False)
    assert told("import glob\nglob.gleb('*')\n") == (None, False)


def test_an_unknown_check_is_named(tmp_path, pairs):
    asked = QuestionSet(name="x", questions=(Question(id="a", text="Well?", good="yes", check="speed"),))
    with pytest.raises(JudgeError, match="question 'a' names the check 'speed'; there are: syntax, imports"):
        judge_now(ProgramJudge(), pairs(1), asked, tmp_path)


@given(st.text(alphabet=st.sampled_from("ab=()[]:\n 'import\tdeflambda*.,")))
def test_it_never_raises(text):
    judge = ProgramJudge()
    judge.open(type("Context", (), {"catalogue": CATALOGUE}))
    questions = [
        Question(id=name, text="Well?", good="yes", check=name)
        for name in ("syntax", "names", "imports", "runs")
    ]
    assert set(judge.answer(Pair(id="1", instruction="", completion=text), questions)) == {
        q.id for q in questions
    }
