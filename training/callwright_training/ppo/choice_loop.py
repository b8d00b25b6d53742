"""The PPO loop of the form ``choice``, in reading order: weigh, learn, log, keep.

As in ``loop.py`` the order of the questions depends on the seed and the number of the update only, so that a
killed run goes on exactly as it would have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from callwright_training.ppo import processes
from callwright_training.ppo.choosing import Choosing, Weighed
from callwright_training.ppo.loop import batch_of, minibatches
from callwright_training.ppo.settings import PPOSettings
from callwright_training.ppo.updates import Updates, take_step

Step = Callable[[str, float], None]


@dataclass(frozen=True, kw_only=True)
class Choosers:
    """Everyone who takes part."""

    policy: Any
    """What is trained."""
    reference: Any
    """The same as M_SFT has it, which never changes."""
    choosing: Choosing


def train_choice(roles: Choosers, settings: PPOSettings, seed: int, out: Path, step: Step) -> str | None:
    """Run every update that is not done yet.

    Args:
        roles: Who takes part; the policy's parameters change in place.
        settings: How; ``batch_size`` counts questions.
        seed: Of the order.
        out: Keeps the log and the checkpoint.
        step: Reports progress.

    Returns:
        Why it stopped early; ``None`` where it did not.
    """
    rank, size = processes.join()
    updates = Updates({"policy": roles.policy}, settings, out)
    questions = len(roles.choosing.shortlists)
    reference = roles.choosing.said(roles.reference, range(questions))  # M_SFT never changes
    for update in updates.left(step):
        rows = batch_of(questions, update, settings.batch_size, seed)[rank::size]
        batch = roles.choosing.weigh(roles.policy, reference[rows], rows, updates.coefficient)
        mean_kl = float(processes.summed(batch.kl.mean()) / size)
        if updates.strayed(mean_kl):
            break
        figures = _learn(roles, updates.optimizer, batch, settings, update, seed)
        figures |= _described(batch, mean_kl, updates.coefficient)
        updates.done(figures, mean_kl)
    return updates.end()


def _learn(
    roles: Choosers,
    optimizer: torch.optim.Optimizer,
    batch: Weighed,
    settings: PPOSettings,
    update: int,
    seed: int,
) -> dict[str, float]:
    """Several passes over one batch; returns the mean loss."""
    losses: list[float] = []
    for rows in minibatches(len(batch.reward), settings, update, seed):
        loss = roles.choosing.loss(roles.policy, batch, rows, settings.clip)
        loss.backward()
        take_step(optimizer, settings.max_gradient_norm)
        losses.append(loss.item())
    return {"loss/policy": sum(losses) / len(losses)}


def _described(batch: Weighed, kl: float, coefficient: float) -> dict[str, float]:
    """What the batch was like."""
    return {
        "reward": batch.reward.mean().item(),
        "reward/spread": batch.reward.std(unbiased=False).item(),
        "kl": kl,
        "kl/coefficient": coefficient,
        "entropy": batch.entropy.mean().item(),
    }
