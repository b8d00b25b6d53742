"""Votes of several judges."""

import pytest

from callwright_plugins.errors import JudgeError
from callwright_plugins.judge import JudgeContext, Unlabelled
from callwright_plugins.judges.ensemble import EnsembleJudge
from callwright_plugins.testing import FakeJudge, JudgeContract, judge_now


@pytest.fixture
def vote(questions, tmp_path, pairs):
    """The ensemble's answer to `logic`, given each member's (or what it raises)."""

    def fake(said):
        refused = {pairs(1)[0].completion: said} if isinstance(said, str) else {}
        return FakeJudge(otherwise=None if refused else said, unlabelled=refused)

    def work(*says, weights=None, **options):
        members = [{"judge": str(n), "weight": (weights or [1] * len(says))[n]} for n in range(len(says))]
        judge = EnsembleJudge(members=members, **options)
        fakes = [fake(said) for said in says]
        judge.open(JudgeContext(folder=tmp_path, build=lambda name, options: fakes[int(name)]))
        return judge

    async def ask(*says, **options):
        judge = work(*says, **options)
        return (await judge.answer(pairs(1)[0], questions.questions))["logic"].yes

    return ask


class TestContract(JudgeContract):
    @pytest.fixture
    def judge(self):
        return EnsembleJudge(members=[{"judge": "program"}, {"judge": "program"}])


async def test_votes(vote):
    assert await vote(True, True, False) is True
    assert await vote(True, None, None) is True
    assert await vote(True, False) is None
    assert await vote(True, None, quorum=2) is None
    assert await vote(True, False, False, weights=[5, 1, 1], rule="weighted") is True
    assert await vote(True, False, False, weights=[5, 1, 1]) is False
    assert await vote(True, "no answer") is True
    with pytest.raises(Unlabelled, match="0: no answer; 1: neither"):
        await vote("no answer", "neither")


def test_an_unknown_member_stops_before_the_first_pair(pairs, questions, tmp_path):
    judge = EnsembleJudge(members=[{"judge": "program"}, {"judge": "oracle"}])
    with pytest.raises(JudgeError, match="there is no judge 'oracle'; there are: program, openai, ensemble"):
        judge_now(judge, pairs(1), questions, tmp_path)
