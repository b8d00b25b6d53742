"""Reward: M_reward, which tells samples that a judge would accept from those it would not."""

from callwright_training.reward.settings import RewardSettings

__all__ = ["RewardSettings"]
