"""One batch of completions by the policy, with all that learning needs of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from callwright_training.ppo.models import Actor, read
from callwright_training.ppo.portions import Portion, portions
from callwright_training.ppo.served_copy import ServedCopy
from callwright_training.reward.scorer import Scorer, padded, with_end
from callwright_training.sampling import Drawn, draw, uniforms

Score = Callable[[Sequence[list[int]], Sequence[list[int]]], Tensor]
"""Prompts and completions, as token ids, to one reward each, float32 ``[batch]``."""


@dataclass(frozen=True)
class Rollout:
    """Completions of a batch of prompts. Tensors ``[batch, length]`` begin where completions begin."""

    ids: Tensor
    """Prompts and completions, ``[batch, start + length]``."""
    attention: Tensor
    """One where ``ids`` holds a token."""
    start: int
    mask: Tensor
    """One where there is a token of the completion, the one that ended it included; int64."""
    logprobs: Tensor
    reference: Tensor
    values: Tensor
    entropy: Tensor
    scores: Tensor
    """M_reward's logits, without any penalty, ``[batch]``."""
    ended: Tensor
    """Whether a completion ended by itself, bool ``[batch]``."""


@dataclass(frozen=True)
class Sampler:
    """How the policy is sampled."""

    stops: Tensor
    pad: int
    max_tokens: int
    temperature: float
    seed: int
    served: ServedCopy | None = None
    """Draws in the policy's place; ``None`` lets the policy draw itself."""

    def draw(self, policy: Any, prompts: Tensor, mask: Tensor, names: Sequence[str]) -> Drawn:
        """One completion for each prompt; ``names`` make their random numbers."""
        model = policy if self.served is None else self.served.of(policy)
        numbers = torch.stack([uniforms(self.seed, name, self.max_tokens) for name in names])
        plainly = torch.autocast(prompts.device.type, enabled=False)  # the copy has its own precision
        with nullcontext() if self.served is None else plainly:
            return draw(
                model, prompts, mask, numbers, temperature=self.temperature, stops=self.stops, pad=self.pad
            )


def roll_out(
    actor: Actor,
    reference: Any,
    score: Score,
    sampler: Sampler,
    prompts: Sequence[list[int]],
    names: Sequence[str],
    rows_at_once: int,
) -> Rollout:
    """Sample a batch, and read it so many rows at a time; no gradients."""
    place = next(actor.parameters()).device
    ids, mask = (tensor.to(place) for tensor in padded(prompts, sampler.pad, left=True))
    with torch.no_grad():
        drawn = sampler.draw(actor.policy, ids, mask, names)
        length = drawn.tokens.shape[1]
        own = (torch.arange(length, device=place)[None] < drawn.lengths[:, None]).long()
        whole, attention = torch.cat([ids, drawn.tokens], 1), torch.cat([mask, own], 1)
        columns = [torch.zeros(own.shape, device=place) for _ in range(4)]
        for portion in portions(attention, ids.shape[1], torch.arange(len(ids), device=place), rows_at_once):
            said = _said(actor, reference, whole, attention, portion, sampler.temperature)
            for column, found in zip(columns, said, strict=True):
                column[portion.rows, : portion.width] = found
        logprobs, values, entropy, far = columns
        completions = [
            row[:count] for row, count in zip(drawn.tokens.tolist(), drawn.lengths.tolist(), strict=True)
        ]
        scores = score(prompts, completions).to(place)
    return Rollout(
        ids=whole,
        attention=attention,
        start=ids.shape[1],
        mask=own,
        logprobs=logprobs,
        reference=far,
        values=values,
        entropy=entropy,
        scores=scores,
        ended=drawn.stopped,
    )


def _said(
    actor: Actor, reference: Any, ids: Tensor, attention: Tensor, portion: Portion, temperature: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Log-probabilities, values and entropies by the actor, and the reference's log-probabilities."""
    ids, attention = ids[portion.rows, portion.columns], attention[portion.rows, portion.columns]
    said, values = actor(ids, attention, portion.start, temperature, entropy=True)
    far = read(reference, ids, attention, portion.start, temperature)
    return said.logprobs, values, said.entropy, far.logprobs


def score_by(reward: Scorer, pad: int, end: int) -> Score:
    """The reward of M_reward: its logit at the end token, which is added where a completion has none."""

    def score(prompts: Sequence[list[int]], completions: Sequence[list[int]]) -> Tensor:
        place = reward.head.weight.device
        rows = [with_end([*one, *other], end) for one, other in zip(prompts, completions, strict=True)]
        ids, mask = (tensor.to(place) for tensor in padded(rows, pad))
        return reward.at_end(ids, mask).float()

    return score
