"""What of PPO's settings decides which stages must be done again."""

import pytest

from callwright_training.ppo.settings import PPOSettings


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({}, True),
        ({"reward": "judge"}, False),
        ({"reward": "execution"}, False),
        ({"reward": "judge", "value": "model"}, True),
        ({"reward": "judge", "choices": 8}, False),
        ({"reward": "judge", "choice_reward": "model"}, False),
        ({"reward": "judge", "choices": 8, "choice_reward": "model"}, True),
    ],
)
def test_another_m_reward_matters_only_where_it_is_asked(settings, asked):
    assert PPOSettings(**settings).asks_reward_model is asked
