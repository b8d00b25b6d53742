import pytest

from callwright_training.metrics.rouge import Rouge


def test_hand_computed(case):
    # tokens: a b c | a c b d. 1: 3 shared of 3 and 4 -> 6/7. 2: pairs ab bc | ac cb bd -> 0.
    # L: "a b" or "a c", 2 words: 4/7; with one line Lsum is the same.
    scores = Rouge().score(case("a c b d", code="a b c")).scores

    assert scores["rouge_1"] == pytest.approx(6 / 7)
    assert scores["rouge_2"] == 0
    assert scores["rouge_l"] == pytest.approx(4 / 7)
    assert scores["rouge_lsum"] == pytest.approx(4 / 7)
    assert scores["rouge_mean"] == pytest.approx((6 / 7 + 4 / 7 + 4 / 7) / 4)


def test_lsum_takes_lines_one_by_one(case):
    scores = Rouge().score(case("c d\na b", code="a b\nc d")).scores

    assert scores["rouge_l"] == pytest.approx(1 / 2)
    assert scores["rouge_lsum"] == 1


def test_nothing_is_stemmed(case):
    assert Rouge().score(case("pipelines", code="pipeline")).scores["rouge_1"] == 0


def test_an_answer_without_a_script_scores_nothing(case):
    assert set(Rouge().score(case("", code="a b")).scores.values()) == {0}


def test_a_reference_without_a_script_measures_nothing(case):
    assert set(Rouge().score(case("a b")).scores.values()) == {None}
