"""PPO's formulas, checked against plain loops over completions of different lengths."""

import math
from itertools import chain

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from callwright_training.ppo import arithmetic
from callwright_training.ppo.loop import asked_of, batch_of, minibatches
from callwright_training.ppo.settings import PPOSettings


def mask_of(lengths):
    longest = max(lengths)
    return torch.tensor([[int(place < length) for place in range(longest)] for length in lengths])


@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=4), st.floats(0, 1), st.floats(0, 1), st.integers(0, 99)
)
@settings(deadline=None)
def test_advantages_are_the_sum_of_discounted_surprises(lengths, discount, smoothing, seed):
    torch.manual_seed(seed)
    mask = mask_of(lengths)
    rewards, values = torch.randn(mask.shape), torch.randn(mask.shape)
    found, returns = arithmetic.advantages(rewards, values, mask, discount, smoothing)

    for row, length in enumerate(lengths):
        after = [*values[row, 1:length].tolist(), 0.0]
        surprise = [
            float(rewards[row, t]) + discount * after[t] - float(values[row, t]) for t in range(length)
        ]
        for t in range(length):
            wanted = sum((discount * smoothing) ** (k - t) * surprise[k] for k in range(t, length))
            assert math.isclose(float(found[row, t]), wanted, rel_tol=1e-4, abs_tol=1e-4)
    assert not (found * (1 - mask)).any()
    assert torch.allclose(returns * mask, (found + values) * mask)


def test_the_score_is_paid_at_the_last_token_and_kl_at_every_one():
    mask = mask_of([1, 3])
    kl = torch.full(mask.shape, 2.0) * mask
    rewards = arithmetic.token_rewards(torch.tensor([5.0, 7.0]), kl, mask, 0.5)
    assert rewards.tolist() == [[4.0, 0.0, 0.0], [-1.0, -1.0, 6.0]]


def test_drift_is_zero_for_equal_models_and_never_negative_by_k3():
    torch.manual_seed(0)
    one, other = torch.randn(3, 4), torch.randn(3, 4)
    mask = mask_of([4, 2, 1])
    assert not arithmetic.drift(one, one, mask, "k1").any()
    assert (arithmetic.drift(one, other, mask, "k3") >= 0).all()
    assert torch.equal(arithmetic.drift(one, other, mask, "k1"), (one - other) * mask)


def test_whitening_ignores_padding():
    torch.manual_seed(0)
    mask = mask_of([4, 2])
    values = torch.randn(2, 4) * 3 + 1
    values[1, 2:] = 1e6
    white = arithmetic.whitened(values, mask)[mask.bool()]
    assert abs(float(white.mean())) < 1e-5
    assert float(white.var()) == pytest.approx(1, abs=1e-4)
    kept = arithmetic.whitened(values, mask, keep_mean=True)[mask.bool()]
    assert float(kept.mean()) == pytest.approx(float(values[mask.bool()].mean()), abs=1e-4)


def test_the_ratio_is_clipped_on_the_side_that_pays():
    mask = torch.ones(1, 1)
    zero = torch.zeros(1, 1)

    def policy(change, gain):
        told = {"clip": 0.2, "value_clip": 0.2, "value_weight": 0.0}
        change = torch.full((1, 1), math.log(change))
        return arithmetic.losses(change, zero, zero, zero, zero + gain, zero, mask, **told)

    assert float(policy(1.5, 1.0).policy) == pytest.approx(-1.2)
    assert float(policy(1.5, -1.0).policy) == pytest.approx(1.5)
    assert float(policy(0.5, 1.0).policy) == pytest.approx(-0.5)
    assert float(policy(0.5, -1.0).policy) == pytest.approx(0.8)
    assert float(policy(1.5, 1.0).clipped) == 1


def test_the_coefficient_follows_the_target():
    assert arithmetic.adapted(0.1, kl=8, target=4, episodes=100, horizon=1000) == pytest.approx(0.102)
    assert arithmetic.adapted(0.1, kl=2, target=4, episodes=100, horizon=1000) == pytest.approx(0.098)
    assert arithmetic.adapted(0.1, kl=4.4, target=4, episodes=100, horizon=1000) == pytest.approx(0.101)


@given(st.integers(1, 20), st.integers(1, 8), st.integers(0, 5))
def test_every_prompt_comes_once_before_any_comes_twice(count, size, seed):
    updates = -(-count // size)
    seen = [index for update in range(updates) for index in batch_of(count, update, size, seed)]
    assert sorted(seen[:count]) == list(range(count))


def test_completions_of_a_prompt_are_compared_with_each_other():
    """A prompt where all fail and one where all succeed teach nothing."""
    scores = torch.tensor([0.0, 0.0, 0.0, 4.0, 4.0, 4.0, 1.0, 3.0, 5.0])
    assert arithmetic.above_others(scores, 3).tolist() == [0, 0, 0, 0, 0, 0, -3, 0, 3]


@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 5))
def test_each_prompt_of_an_update_is_asked_so_often(count, samples, update):
    prompts = [[number] for number in range(6)]
    asked = asked_of(prompts, update, PPOSettings(batch_size=count * samples, samples=samples), seed=1)
    chosen = [prompts[number] for number in batch_of(6, update, count, seed=1)]
    assert asked.prompts == [prompt for prompt in chosen for _ in range(samples)]
    assert asked.names == [f"{update}:{number}" for number in range(count * samples)]


def test_minibatches_hold_every_row_once_in_each_pass():
    told = PPOSettings(epochs=3, minibatches=4, batch_size=16)
    parts = [part.tolist() for part in minibatches(16, told, update=5, seed=1)]
    assert [sorted(chain(*parts[start : start + 4])) for start in (0, 4, 8)] == [list(range(16))] * 3
    assert parts == [part.tolist() for part in minibatches(16, told, update=5, seed=1)]
