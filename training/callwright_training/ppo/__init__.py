"""PPO: the policy is tuned against M_reward and held near M_SFT."""

from callwright_training.ppo.settings import PPOSettings

__all__ = ["PPOSettings"]
