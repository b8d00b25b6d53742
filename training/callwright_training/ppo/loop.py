"""The PPO loop, in reading order: sample and choose, score, reward, advantages, learn, log, keep.

Random numbers depend on the seed and the number of the update only, so a killed run goes on exactly as it
would have. TRL's loop, of which 1.12.0 is the last release, cannot resume; a test compares the two update by
update.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from callwright_training.ppo import arithmetic, processes
from callwright_training.ppo.choosing import Choosing, Weighed, figures_of
from callwright_training.ppo.models import Actor
from callwright_training.ppo.portions import portions
from callwright_training.ppo.rollout import Rollout, Sampler, Score, roll_out
from callwright_training.ppo.settings import PPOSettings
from callwright_training.ppo.updates import Updates, take_step
from callwright_training.reward.stage import precision

Step = Callable[[str, float], None]


@dataclass(frozen=True, kw_only=True)
class Roles:
    """Everyone who takes part."""

    actor: Actor
    reference: Any
    """M_SFT, a causal language model that never changes."""
    score: Score
    sampler: Sampler
    choosing: Choosing | None = None
    """Where choices are trained too."""


def train(
    roles: Roles, prompts: Sequence[list[int]], settings: PPOSettings, seed: int, out: Path, step: Step
) -> str | None:
    """Run every update that is not done yet.

    Args:
        roles: The models; the actor's trained parameters change in place.
        prompts: Token ids of all prompts.
        settings: How.
        seed: Of order and samples.
        out: Keeps the log and the checkpoint.
        step: Reports progress.

    Returns:
        Why it stopped early; ``None`` where it did not.
    """
    size = processes.join()[1]
    updates = Updates({"actor": roles.actor}, settings, out)
    for update in updates.left(step):
        asked = asked_of(prompts, update, settings, seed)
        with precision(settings.bf16):
            rollout = roll_out(
                roles.actor,
                roles.reference,
                roles.score,
                roles.sampler,
                asked.prompts,
                asked.names,
                settings.rows_at_once,
            )
            choices = weigh_choices(roles, settings, update, seed, updates.coefficient)
        if update == 0:
            rollout = expected(roles.actor, rollout, settings)
        kl = arithmetic.drift(rollout.logprobs, rollout.reference, rollout.mask, settings.kl_estimator)
        mean_kl = float(processes.summed(kl.sum(1).mean()) / size)
        if updates.strayed(mean_kl):
            break
        optimizer, coefficient = updates.optimizer, updates.coefficient
        figures = learn(roles, optimizer, rollout, choices, kl, settings, coefficient, update, seed)
        figures |= described(rollout, mean_kl, coefficient)
        figures |= figures_of(choices) if choices is not None else {}
        updates.done(figures, mean_kl)
    return updates.end()


@dataclass(frozen=True)
class Asked:
    """This process's share of the prompts of one update."""

    prompts: list[list[int]]
    """Each as often as it is asked, one after another."""
    names: list[str]
    """Of the completions, which decide their random numbers."""


def asked_of(prompts: Sequence[list[int]], update: int, settings: PPOSettings, seed: int) -> Asked:
    """What the policy is asked in an update."""
    rank, size = processes.join()
    samples = settings.samples
    places = range(settings.batch_size // samples)[rank::size]
    chosen = batch_of(len(prompts), update, settings.batch_size // samples, seed)
    return Asked(
        prompts=[prompts[chosen[place]] for place in places for _ in range(samples)],
        names=[f"{update}:{place * samples + sample}" for place in places for sample in range(samples)],
    )


def weigh_choices(
    roles: Roles, settings: PPOSettings, update: int, seed: int, coefficient: float
) -> Weighed | None:
    """This process's choices of one update; ``None`` where none are trained."""
    if roles.choosing is None:
        return None
    rank, size = processes.join()
    rows = batch_of(len(roles.choosing.shortlists), update, settings.choices, seed)[rank::size]
    far = roles.choosing.said(roles.reference, rows)
    return roles.choosing.weigh(roles.actor.policy, far, rows, coefficient)


def expected(actor: Actor, rollout: Rollout, settings: PPOSettings) -> Rollout:
    """The first batch with values that begin at its mean reward, as do those of every later one."""
    size = processes.join()[1]
    mean = float(processes.summed(earned(rollout, settings).mean()) / size)
    return replace(rollout, values=rollout.values + mean) if actor.expect(mean) else rollout


def earned(rollout: Rollout, settings: PPOSettings) -> Tensor:
    """Scores less the penalty for a missing end, and above the others of the same prompt; ``[batch]``."""
    scores = rollout.scores - settings.missing_end_penalty * (~rollout.ended).float()
    return arithmetic.above_others(scores, settings.samples) if settings.samples > 1 else scores


def learn(
    roles: Roles,
    optimizer: torch.optim.Optimizer,
    rollout: Rollout,
    choices: Weighed | None,
    kl: Tensor,
    settings: PPOSettings,
    coefficient: float,
    update: int,
    seed: int,
) -> dict[str, float]:
    """Several passes over one batch; returns the mean of each figure."""
    scores = earned(rollout, settings)
    rewards = arithmetic.token_rewards(scores, kl, rollout.mask, coefficient)
    if settings.whiten_rewards:
        rewards = arithmetic.whitened(rewards, rollout.mask, keep_mean=True)
    gains, returns = arithmetic.advantages(
        rewards, rollout.values, rollout.mask, settings.discount, settings.smoothing
    )
    gains = arithmetic.whitened(gains, rollout.mask)
    seen: list[dict[str, float]] = []
    questions = (
        minibatches(len(choices.reward), settings, update, seed + 1) if choices is not None else repeat(None)
    )
    for rows, some in zip(minibatches(len(scores), settings, update, seed), questions, strict=False):
        figures = learn_rows(roles.actor, rollout, rows, gains, returns, settings)
        if roles.choosing is not None and choices is not None and some is not None:
            with precision(settings.bf16):
                loss = roles.choosing.loss(roles.actor.policy, choices, some, settings.clip)
            (settings.choice_weight * loss).backward()
            figures["loss/choice"] = loss.item()
        take_step(optimizer, settings.max_gradient_norm)
        seen.append(figures)
    return {name: sum(one[name] for one in seen) / len(seen) for name in seen[0]}


def learn_rows(
    actor: Actor, rollout: Rollout, rows: Tensor, gains: Tensor, returns: Tensor, settings: PPOSettings
) -> dict[str, float]:
    """Gradients of one minibatch, a portion at a time, each by its share of the tokens; its figures."""
    tokens = rollout.mask[rows].sum()
    figures = dict.fromkeys(("loss/policy", "loss/value", "policy/clipped", "policy/moved"), 0.0)
    for portion in portions(rollout.attention, rollout.start, rows, settings.rows_at_once):
        some, part, width = portion.rows, portion.columns, portion.width
        with precision(settings.bf16):
            said, values = actor(
                rollout.ids[some, part], rollout.attention[some, part], portion.start, settings.temperature
            )
        found = arithmetic.losses(
            said.logprobs,
            rollout.logprobs[some, :width],
            values,
            rollout.values[some, :width],
            gains[some, :width],
            returns[some, :width],
            rollout.mask[some, :width],
            clip=settings.clip,
            value_clip=settings.value_clip,
            value_weight=settings.value_weight,
        )
        share = rollout.mask[some].sum() / tokens
        (share * found.total).backward()
        for name, figure in zip(
            figures, (found.policy, found.value, found.clipped, found.moved), strict=True
        ):
            figures[name] += (share * figure).item()
    return figures


def batch_of(count: int, update: int, size: int, seed: int) -> list[int]:
    """The prompts of one update: the data in a new order each time it has been gone through."""
    chosen = []
    for place in range(update * size, (update + 1) * size):
        epoch, position = divmod(place, count)
        chosen.append(_order(count, epoch, seed)[position])
    return chosen


def minibatches(count: int, settings: PPOSettings, update: int, seed: int) -> Iterator[Tensor]:
    """Row numbers of each optimizer step of one update, in a new order each pass."""
    generator = torch.Generator().manual_seed(seed * 1_000_003 + update)
    for _ in range(settings.epochs):
        yield from torch.randperm(count, generator=generator).chunk(settings.minibatches)


def described(rollout: Rollout, kl: float, coefficient: float) -> dict[str, float]:
    """What the batch was like."""
    lengths = rollout.mask.sum(1).float()
    return {
        "reward": rollout.scores.mean().item(),
        "reward/spread": rollout.scores.std(unbiased=False).item(),
        "kl": kl,
        "kl/coefficient": coefficient,
        "entropy": arithmetic.masked_mean(rollout.entropy, rollout.mask).item(),
        "length": lengths.mean().item(),
        "ended": rollout.ended.float().mean().item(),
        "value": arithmetic.masked_mean(rollout.values, rollout.mask).item(),
    }


_orders: dict[tuple[int, int, int], list[int]] = {}


def _order(count: int, epoch: int, seed: int) -> list[int]:
    key = (count, epoch, seed)
    if key not in _orders:
        _orders.clear()
        generator = torch.Generator().manual_seed(seed * 7919 + epoch)
        _orders[key] = torch.randperm(count, generator=generator).tolist()
    return _orders[key]
