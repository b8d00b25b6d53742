"""What the judge says, and what every judge keeps to."""

import pytest
from callwright_length import QUESTIONS, LengthJudge

from callwright_plugins import Pair
from callwright_plugins.manager import Plugins
from callwright_plugins.testing import JudgeContract


class TestLengthJudge(JudgeContract):
    """The tests that Callwright ships for judges."""

    @pytest.fixture
    def judge(self):
        return LengthJudge()

    @pytest.fixture
    def questions(self):
        return QUESTIONS


def test_it_is_installed():
    assert Plugins().judges["length"].plugin == "length"


def test_long_is_not_short():
    pair = Pair(id="1", instruction="Count.", completion="x = 1\n" * 100)
    answers = LengthJudge(longest=50).answer(pair, QUESTIONS.questions)
    assert {name: answer.yes for name, answer in answers.items()} == {"short": False, "wide": False}
