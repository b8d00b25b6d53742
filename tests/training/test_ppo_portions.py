"""Completions that go through the models a few at a time: all of them once, and the result is the same."""

from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from callwright_training.bases import load_base
from callwright_training.ppo import PPOSettings, loop
from callwright_training.ppo.models import Actor
from callwright_training.ppo.portions import portions
from callwright_training.ppo.rollout import Sampler, roll_out

pytestmark = pytest.mark.usefixtures("one_thread")

LENGTHS = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 4)), min_size=1, max_size=9)


def attention_of(lengths):
    """Prompts of at most 5 tokens, padded on the left, completions of at most 4, on the right."""
    rows = [[0] * (5 - left) + [1] * (left + right) + [0] * (4 - right) for left, right in lengths]
    return torch.tensor(rows)


@given(LENGTHS, st.integers(1, 4))
def test_every_row_is_in_one_portion_with_all_its_tokens(lengths, size):
    attention, seen = attention_of(lengths), []
    for portion in portions(attention, 5, torch.arange(len(lengths)), size):
        part = attention[portion.rows, portion.columns]
        assert part.sum(1).tolist() == attention[portion.rows].sum(1).tolist()
        assert part[:, portion.start :].shape[1] == portion.width == max(lengths[i][1] for i in portion.rows)
        seen += portion.rows.tolist()
    assert sorted(seen) == list(range(len(lengths)))


def test_the_gradients_do_not_depend_on_how_many_go_at_once():
    def score(prompts, completions):
        return torch.tensor([float(len(row)) for row in completions])

    def gradients(rows_at_once):
        settings = PPOSettings(rows_at_once=rows_at_once, kl_coefficient=0.0)
        actor = Actor(load_base("tiny", seed=1).model.requires_grad_(True))
        sampler = Sampler(torch.arange(512) < 50, 0, 6, 1.0, 1)
        prompts = [[5, 6, 7], [8, 9], [10], [11, 12, 13, 14]]
        reference = load_base("tiny", seed=1).model
        rollout = roll_out(actor, reference, score, sampler, prompts, ["a", "b", "c", "d"], rows_at_once)
        gains = torch.randn(rollout.mask.shape, generator=torch.Generator().manual_seed(1))
        figures = loop.learn_rows(actor, rollout, torch.arange(4), gains, gains, settings)
        return figures, torch.cat([p.grad.flatten() for p in actor.policy.parameters() if p.grad is not None])

    near = partial(pytest.approx, rel=1e-4, abs=1e-6)
    (one, each), (whole, together) = gradients(1), gradients(4)
    assert one == near(whole)
    assert torch.allclose(each, together, rtol=1e-3, atol=1e-6)
