"""Programs judged and rewarded by running them: what runs and does something else must not win."""

import pytest

from callwright_grounding.catalogue import Catalogue, CatalogueEntry
from callwright_plugins.errors import JudgeError
from callwright_plugins.judge import Pair
from callwright_plugins.judging import score
from callwright_plugins.manager import Plugins
from callwright_plugins.testing import JudgeContract, judge_now
from callwright_training.errors import SandboxError
from callwright_training.execution.judges import ExecutionJudge, StaticJudge
from callwright_training.execution.reward import ProgramReward
from callwright_training.execution.right_api import api_called


def entry(call, domain):
    return CatalogueEntry(name=call, call=call, domain=domain, imports=("import json",))


RIGHT = entry("json.loads('[1]')", "Reading")
SIBLING = entry("json.loads('[2]')", "Reading")
CATALOGUE = Catalogue([RIGHT, SIBLING, entry("json.dumps('x')", "Writing")])


@pytest.fixture
def environment(bare_environment):
    return bare_environment("current")


def pair(code, name="1"):
    return Pair(id=name, instruction="Read a list.", completion=code, reference=RIGHT)


GRADES = {  # code: its reward
    "import json\nprint(json.loads('[1]'))": 1.0,
    "import json\nprint(json.loads('[1]'))\n1 / 0": 0.5,
    "import json\nprint(json.loads('[1]'), missing)": 0.5,
    "import json\nprint(json.loads('[2]'))": 0.25,
    "import json\nprint(json.loads('[2]'))\n1 / 0": 0.125,
    "print(1)": 0.0,
    "import json\nprint(json.dumps('x'))": 0.0,
    "import json\nif False:\n    json.loads('[1]')": 0.0,
    "import json\ndef never():\n    json.loads('[1]')": 0.0,
    "import json\njson.loads = print\njson.loads('[1]')": 0.0,
    "import json\nclass json:\n    loads = print\njson.loads('[1]')": 0.0,
    "# json.loads('[1]')": 0.0,
    "json.loads('[1]'": 0.0,
    "": 0.0,
}


def test_only_the_right_api_that_runs_earns_everything(environment):
    with ProgramReward(CATALOGUE, environment, workers=2) as reward:
        grades = reward([pair(code) for code in GRADES])
    assert dict(zip(GRADES, (grade.reward for grade in grades), strict=True)) == GRADES


def test_the_static_tier_pays_the_same_where_text_can_tell(environment):
    reward = ProgramReward(CATALOGUE, environment, "static")
    told = {code: reward([pair(code)])[0].reward for code in GRADES if "1 / 0" not in code}
    assert told == {code: GRADES[code] for code in told}
    assert reward([Pair(id="1", instruction="", completion="print(1)")])[0].reward == 0


def test_an_id_counts_only_if_the_hub_served_it():
    """Where a script was run, its text alone proves nothing of repositories that the hub has."""
    from callwright_plugins.judges.known_calls import KnownCalls

    wanted = CatalogueEntry(name="a/b", call="pipeline('fill-mask', model='a/b')", domain="Fill-Mask")
    known = KnownCalls(Catalogue([wanted]))
    sure = "from transformers import pipeline\npipeline('fill-mask', model='a/b')"
    hidden = "from transformers import pipeline\ndef f():\n    return pipeline('fill-mask', model='a/b')\nf()"

    def told(code, served):
        return api_called(code, wanted, known, served=served, repositories={"a/b"})

    assert [told(sure, ["a/b"]), told(sure, []), told(sure, None)] == ["right", "other", "right"]
    assert [told(hidden, ["a/b"]), told(hidden, []), told(hidden, None)] == ["right", "other", "other"]


@pytest.fixture
def ask(environment, tmp_path):
    """What a judge says of each program: the right API? arguments accepted? would it run?"""

    def work(judge, codes):
        pairs = [pair(code, str(number)) for number, code in enumerate(codes)]
        questions = Plugins().question_set("paper")
        told = judge_now(judge, pairs, questions, tmp_path, catalogue=CATALOGUE)
        return [tuple(one.answers[name].yes for name in ("api", "arguments", "runs")) for one in told]

    return work


def test_execution_says_that_it_runs_only_with_the_right_api(ask):
    told = {
        "import json\njson.loads('[1]')": (True, True, True),
        "import json\njson.loads('[1]')\n1 / 0": (True, True, False),
        "import json\njson.loads('[1]', wrong=1)": (True, False, False),
        "print(1)": (False, True, False),
    }
    judge = ExecutionJudge(environment="current", workers=2)
    assert dict(zip(told, ask(judge, told), strict=True)) == told


def test_of_calls_the_right_kind_counts_first_then_that_they_run(environment, tmp_path):
    wanted = {
        "import json\njson.loads('[1]')": 10,
        "import json\njson.loads('[2]')": 10,
        "import json\njson.loads('[2]')\n1 / 0": 6,
        "import json\njson.dumps('x')": 0,
        "print(1)": 0,
    }
    judge, questions = ExecutionJudge(environment="current", workers=2), Plugins().question_set("choice")
    pairs = [pair(code, str(number)) for number, code in enumerate(wanted)]
    told = judge_now(judge, pairs, questions, tmp_path, catalogue=CATALOGUE)
    assert [score(one.answers, questions) for one in told] == list(wanted.values())


def test_static_knows_faults_only(ask):
    told = {
        "import json\njson.loads('[1]')": (True, True, None),
        "import json\njson.loads('[1]')\nprint(missing)": (True, True, False),
        "print(1)": (False, None, None),
    }
    assert dict(zip(told, ask(StaticJudge(environment="current"), told), strict=True)) == told


@pytest.mark.slow
class TestContract(JudgeContract):
    @pytest.fixture
    def judge(self, environment):
        return ExecutionJudge(environment="current", workers=2)


def test_they_are_found_by_name_and_say_what_they_lack(environment, tmp_path):
    plugins = Plugins()
    assert plugins.judge("execution", {"environment": "current", "mode": "strict"}).settings.mode == "strict"
    with pytest.raises(JudgeError, match="judge 'static'"):
        plugins.judge("static", {"speed": 1})
    with pytest.raises(SandboxError, match="rlaif-train environment prepare --versions 2024"):
        judge_now(plugins.judge("static", {}), [], plugins.question_set("paper"), tmp_path)
