"""Question sets as TOML."""

import pytest

from callwright_plugins.errors import QuestionSetError
from callwright_plugins.judge import Answer
from callwright_plugins.judges.program import CHECKS
from callwright_plugins.judging import score, share_answered
from callwright_plugins.questions import QuestionSet, built_in_question_sets

QUESTION = '[[questions]]\nid = "a"\ntext = "Is it good?"\ngood = "yes"\n'


def test_the_papers_set_has_eight_questions_in_words_of_our_own(questions):
    assert len(questions.questions) == questions.total == 8
    assert "our own" in questions.note


def test_every_check_that_a_built_in_set_names_exists():
    named = {question.check for one in built_in_question_sets() for question in one.questions}
    assert named <= {None, *CHECKS}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "our.toml: not TOML"),
        ('name = "x"\nquestions = []', "our.toml: questions: Tuple should have at least 1 item"),
        ('name = "x"\n' + QUESTION.replace('good = "yes"', ""), "our.toml: questions.0.good: Field required"),
        ('name = "x"\n' + QUESTION.replace('"yes"', '"maybe"'), "good: Input should be 'yes' or 'no'"),
        ('name = "x"\n' + QUESTION + QUESTION, "our.toml: question id 'a' is used twice"),
        ('name = "x"\n' + QUESTION + "wieght = 2", "questions.0.wieght: Extra inputs are not permitted"),
        ('name = "Not A Name"\n' + QUESTION, "our.toml: name: String should match"),
    ],
)
def test_a_wrong_set_says_where_and_what(text, message):
    with pytest.raises(QuestionSetError) as error:
        QuestionSet.parse(text, "our.toml")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(QuestionSetError, match="cannot read the question set"):
        QuestionSet.read(tmp_path / "none.toml")


def test_the_score_counts_good_answers_by_polarity_and_weight():
    team = next(one for one in built_in_question_sets() if one.name == "team")
    answers = {"syntax": True, "variables": False, "exists": True, "secrets": False}
    told = {name: Answer(yes) for name, yes in answers.items()}

    assert score(told, team) == 5  # 2 + 0 + 2 + 1 of 6

    told["exists"] = Answer(None)
    assert score(told, team) == pytest.approx(3 / 4 * 6)
    assert share_answered(told, team) == pytest.approx(4 / 6)
    assert score(dict.fromkeys(told, Answer(None)), team) is None


def test_a_bad_answer_to_a_required_question_leaves_nothing_of_the_score():
    checked = next(one for one in built_in_question_sets() if one.name == "checked")
    told = {question.id: Answer(question.good == "yes") for question in checked.questions}

    assert score(told, checked) == checked.total
    assert score(told | {"api": Answer(False)}, checked) == checked.total - 2
    assert score(told | {"imports": Answer(False)}, checked) == 0
    assert score(told | {"imports": Answer(None)}, checked) == checked.total
