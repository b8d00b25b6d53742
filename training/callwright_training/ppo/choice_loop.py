"""The PPO loop of the form ``choice``, in reading order: weigh, learn, log, keep. The encoder is the policy.

As in ``loop.py`` the order of the questions depends on the seed and the number of the update only, so that a
killed run goes on exactly as it would have.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from callwright_training.checkpoints import load_checkpoint, save_checkpoint
from callwright_training.logs import StageLog
from callwright_training.ppo import arithmetic, processes
from callwright_training.ppo.choosing import Choosing, Weighed, weighed
from callwright_training.ppo.loop import batch_of, minibatches, set_rate
from callwright_training.ppo.settings import PPOSettings

Step = Callable[[str, float], None]


@dataclass(frozen=True, kw_only=True)
class Choosers:
    """Everyone who takes part."""

    policy: Any
    """The encoder with the adapter that is trained on."""
    reference: Any
    """M_SFT's encoder, which never changes."""
    choosing: Choosing


def train_choice(roles: Choosers, settings: PPOSettings, seed: int, out: Path, step: Step) -> str | None:
    """Run every update that is not done yet.

    Args:
        roles: The encoders; the policy's trained parameters change in place.
        settings: How; ``batch_size`` counts questions.
        seed: Of the order.
        out: Keeps the log and the checkpoint.
        step: Reports progress.

    Returns:
        Why it stopped early; ``None`` where it did not.
    """
    rank, size = processes.join()
    parameters = [parameter for parameter in roles.policy.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=settings.learning_rate, weight_decay=0.0)
    modules = {"encoder": roles.policy}
    fresh: dict[str, Any] = {"update": 0, "kl_coefficient": settings.kl_coefficient, "stopped": None}
    state = load_checkpoint(out / "checkpoint", modules, optimizer) or fresh
    log = StageLog(out, state["update"]) if rank == 0 else None
    with torch.no_grad():  # M_SFT never changes: once is enough
        reference = roles.choosing.shares(roles.reference, roles.choosing.shortlists)
    while state["update"] < settings.steps and state["stopped"] is None:
        update = state["update"]
        step(f"update {update + 1} of {settings.steps}", update / settings.steps)
        rows = batch_of(len(roles.choosing.shortlists), update, settings.batch_size, seed)[rank::size]
        batch = _weigh(roles, reference, rows, state["kl_coefficient"])
        mean_kl = float(processes.summed(batch.kl.mean()) / size)
        if settings.stop_at_kl is not None and mean_kl > settings.stop_at_kl:
            state["stopped"] = (
                f"update {update}: KL {mean_kl:.2f} nats, above stop_at_kl = {settings.stop_at_kl:g}"
            )
            break
        set_rate(optimizer, settings, update)
        figures = _learn(roles, optimizer, batch, settings, update, seed)
        figures |= _described(batch, mean_kl, state["kl_coefficient"])
        if settings.kl_target is not None:
            state["kl_coefficient"] = arithmetic.adapted(
                state["kl_coefficient"], mean_kl, settings.kl_target, settings.batch_size, settings.kl_horizon
            )
        state["update"] = update + 1
        if log is not None:
            log.write(update, figures)
            if state["update"] % settings.save_steps == 0:
                save_checkpoint(out / "checkpoint", modules, optimizer, state)
    if log is not None:
        log.close()
    processes.wait()
    stopped: str | None = state["stopped"]
    return stopped


def _weigh(roles: Choosers, reference: Tensor, rows: Sequence[int], coefficient: float) -> Weighed:
    """What each entry of some of the questions earns."""
    asked = [roles.choosing.shortlists[row] for row in rows]
    with torch.no_grad():
        said = roles.choosing.shares(roles.policy, asked)
    return weighed(asked, said, reference[list(rows), : said.shape[1]], coefficient)


def _learn(
    roles: Choosers,
    optimizer: torch.optim.Optimizer,
    batch: Weighed,
    settings: PPOSettings,
    update: int,
    seed: int,
) -> dict[str, float]:
    """Several passes over one batch; returns the mean loss."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    losses: list[float] = []
    for rows in minibatches(len(batch.reward), settings, update, seed):
        loss = roles.choosing.loss(roles.policy, batch, rows, settings.clip)
        loss.backward()
        processes.average_gradients(parameters)
        if settings.max_gradient_norm is not None:
            torch.nn.utils.clip_grad_norm_(parameters, settings.max_gradient_norm)
        optimizer.step()
        optimizer.zero_grad()
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
