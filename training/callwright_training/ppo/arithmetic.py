"""PPO's formulas on tensors ``[batch, length]`` of completions; ``mask`` is one where there is a token.

Schulman et al. 2017 (arXiv 1707.06347); advantages: Schulman et al. 2015 (arXiv 1506.02438); penalty and
adaptive coefficient: Ziegler et al. 2019 (arXiv 1909.08593). Knows no model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from callwright_training.ppo.processes import summed


def drift(logprobs: Tensor, reference: Tensor, mask: Tensor, estimator: Literal["k1", "k3"]) -> Tensor:
    """Per-token estimate of the KL divergence from the reference, in nats."""
    ratio = reference - logprobs
    estimate = -ratio if estimator == "k1" else torch.expm1(ratio) - ratio
    return estimate * mask


def token_rewards(scores: Tensor, kl: Tensor, mask: Tensor, coefficient: float) -> Tensor:
    """The KL penalty at every token, and the completion's score ``[batch]`` at its last."""
    rewards = -coefficient * kl * mask
    last = mask.sum(dim=1, keepdim=True) - 1
    return rewards.scatter_add(1, last, scores[:, None].to(rewards.dtype))


def above_others(scores: Tensor, samples: int) -> Tensor:
    """Scores ``[batch]`` less the mean of the other completions of the same prompt.

    Ahmadian et al. 2024 (arXiv 2402.14740), equation 8; completions of a prompt stand together.
    """
    groups = scores.view(-1, samples)
    others = (groups.sum(1, keepdim=True) - groups) / (samples - 1)
    return (groups - others).view(-1)


def advantages(
    rewards: Tensor, values: Tensor, mask: Tensor, discount: float, smoothing: float
) -> tuple[Tensor, Tensor]:
    """Generalised advantages and the returns that the values should have predicted.

    Nothing follows a completion's end: values and rewards behind it are zero.
    """
    values, rewards = values * mask, rewards * mask
    following = torch.zeros_like(values[:, 0])
    value_after = torch.zeros_like(values[:, 0])
    columns = []
    for position in reversed(range(values.shape[1])):
        surprise = rewards[:, position] + discount * value_after - values[:, position]
        following = surprise + discount * smoothing * following
        value_after = values[:, position]
        columns.append(following)
    found = torch.stack(columns[::-1], dim=1) * mask
    return found, found + values


def whitened(values: Tensor, mask: Tensor, *, keep_mean: bool = False) -> Tensor:
    """Unit variance, and zero mean unless it is kept, over all tokens of all processes."""
    count = summed(mask.sum().to(values.dtype))
    mean = summed((values * mask).sum()) / count
    variance = summed(((values - mean) ** 2 * mask).sum()) / (count - 1).clamp(min=1)
    white = (values - mean) * torch.rsqrt(variance + 1e-8)
    return (white + mean if keep_mean else white) * mask


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean over the tokens."""
    return (values * mask).sum() / mask.sum()


@dataclass(frozen=True)
class Losses:
    """The losses of one minibatch and what is worth watching beside them; scalars."""

    total: Tensor
    policy: Tensor
    value: Tensor
    clipped: Tensor
    """Share of tokens whose ratio was cut off."""
    moved: Tensor
    """Half the mean squared change of the log-probabilities: how far this update went."""


def losses(
    logprobs: Tensor,
    old_logprobs: Tensor,
    values: Tensor,
    old_values: Tensor,
    gains: Tensor,
    returns: Tensor,
    mask: Tensor,
    *,
    clip: float,
    value_clip: float,
    value_weight: float,
) -> Losses:
    """Clipped policy and value losses."""
    change = (logprobs - old_logprobs) * mask
    ratio = change.exp()
    free, bounded = -gains * ratio, -gains * ratio.clamp(1 - clip, 1 + clip)
    policy = masked_mean(torch.maximum(free, bounded), mask)
    near = torch.clamp(values, old_values - value_clip, old_values + value_clip)
    value = 0.5 * masked_mean(torch.maximum((values - returns) ** 2, (near - returns) ** 2), mask)
    with torch.no_grad():
        clipped = masked_mean((bounded > free).float(), mask)
        moved = 0.5 * masked_mean(change**2, mask)
    return Losses(policy + value_weight * value, policy, value, clipped, moved)


def adapted(coefficient: float, kl: float, target: float, episodes: int, horizon: float) -> float:
    """The KL coefficient for the next update, steered to the target (Ziegler 2019, section 2.2)."""
    error = min(0.2, max(-0.2, kl / target - 1))
    return coefficient * (1 + error * episodes / horizon)
