import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwright_training.evaluation.paired import compare_metric, interval, mcnemar


@pytest.mark.parametrize(
    ("first_only", "second_only", "p"),
    [
        (0, 0, 1),
        (5, 5, 1),
        (1, 0, 1),
        (0, 5, 2 / 2**5),
        (1, 9, 2 * (1 + 10) / 2**10),  # the textbook case: 0.0215
        (14, 20, 0.3915),  # two systems of 150 questions, by scipy.stats.binomtest
    ],
)
def test_hand_computed_p_values(first_only, second_only, p):
    assert mcnemar(first_only, second_only) == pytest.approx(p, abs=5e-5)


@given(st.integers(0, 900), st.integers(0, 900))
def test_p_is_a_probability_and_symmetric(a, b):
    assert 0 <= mcnemar(a, b) <= 1
    assert mcnemar(a, b) == mcnemar(b, a)


def test_the_interval_covers_the_mean_as_often_as_it_says():
    dice = random.Random(1)
    hits = 0
    for _ in range(200):
        low, high = interval([dice.random() for _ in range(60)], resamples=300)
        hits += low <= 0.5 <= high

    assert 0.88 <= hits / 200 <= 0.99


def test_the_interval_of_paired_scores_is_that_of_their_differences():
    noise = [random.Random(n).random() for n in range(200)]
    one = compare_metric("codebleu", noise, [score + 0.01 for score in noise], binary=False)

    assert (one.low, one.high) == pytest.approx((0.01, 0.01))
    assert one.p is None


def test_binary_scores_are_counted_crosswise():
    one = compare_metric("parses", [1, 1, 1, 0, 0], [1, 0, 0, 1, 0], binary=True)

    assert (one.first_only, one.second_only, one.p) == (2, 1, 1)
    assert one.difference == pytest.approx(-0.2)


def test_means_of_several_samples_are_not_put_into_mcnemars_test():
    assert compare_metric("parses", [0.5, 1], [1, 1], binary=True).p is None


@pytest.mark.parametrize(("first", "second"), [([], []), ([1], [1, 0])])
def test_scores_that_are_not_paired_are_refused(first, second):
    with pytest.raises(ValueError, match="same questions"):
        compare_metric("parses", first, second, binary=True)
