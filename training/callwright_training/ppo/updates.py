"""What the two PPO loops share: the optimizer, how far a run is, when it stops, its log and checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from callwright_training.checkpoints import load_checkpoint, save_checkpoint
from callwright_training.logs import StageLog
from callwright_training.ppo import arithmetic, processes
from callwright_training.ppo.settings import PPOSettings


class Updates:
    """The updates of one run; goes on where a killed run was.

    Args:
        modules: Name to what is trained; parameters without gradients are left alone.
        settings: How.
        out: Keeps the log and the checkpoint.
    """

    def __init__(self, modules: Mapping[str, nn.Module], settings: PPOSettings, out: Path) -> None:
        self._modules, self._settings, self._out = modules, settings, out
        parameters = [
            parameter
            for module in modules.values()
            for parameter in module.parameters()
            if parameter.requires_grad
        ]
        self.optimizer = torch.optim.AdamW(parameters, lr=settings.learning_rate, weight_decay=0.0)
        fresh: dict[str, Any] = {"update": 0, "kl_coefficient": settings.kl_coefficient, "stopped": None}
        self._state = load_checkpoint(out / "checkpoint", modules, self.optimizer) or fresh
        self._log = StageLog(out, self._state["update"]) if processes.join()[0] == 0 else None

    @property
    def coefficient(self) -> float:
        """Reward lost per nat of drift."""
        return float(self._state["kl_coefficient"])

    def left(self, step: Callable[[str, float], None]) -> Iterator[int]:
        """The number of each update that is not done yet, its learning rate set.

        Args:
            step: Reports progress.
        """
        steps = self._settings.steps
        while self._state["update"] < steps and self._state["stopped"] is None:
            update = int(self._state["update"])
            step(f"update {update + 1} of {steps}", update / steps)
            rest = 1 - update / steps if self._settings.schedule == "linear" else 1.0
            for group in self.optimizer.param_groups:
                group["lr"] = self._settings.learning_rate * rest
            yield update

    def strayed(self, kl: float) -> bool:
        """Whether the policy is too far from M_SFT to go on; ``kl`` is in nats."""
        most, update = self._settings.stop_at_kl, self._state["update"]
        if most is not None and kl > most:
            self._state["stopped"] = f"update {update}: KL {kl:.2f} nats, above stop_at_kl = {most:g}"
        return self._state["stopped"] is not None

    def done(self, figures: Mapping[str, float], kl: float) -> None:
        """Count an update, steer the coefficient, log and keep what there is to keep."""
        settings, update = self._settings, self._state["update"]
        if settings.kl_target is not None:
            self._state["kl_coefficient"] = arithmetic.adapted(
                self.coefficient, kl, settings.kl_target, settings.batch_size, settings.kl_horizon
            )
        self._state["update"] = update + 1
        if self._log is not None:
            self._log.write(update, dict(figures))
            if self._state["update"] % settings.save_steps == 0:
                save_checkpoint(self._out / "checkpoint", self._modules, self.optimizer, self._state)

    def end(self) -> str | None:
        """Close the log; returns why the run stopped early, ``None`` where it did not."""
        if self._log is not None:
            self._log.close()
        processes.wait()
        stopped: str | None = self._state["stopped"]
        return stopped


def take_step(optimizer: torch.optim.Optimizer, longest: float | None) -> None:
    """One step down the gradients, averaged over all processes.

    Args:
        optimizer: Of what is trained.
        longest: Longer gradients are cut to this length; ``None`` leaves them.
    """
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    processes.average_gradients(parameters)
    if longest is not None:
        torch.nn.utils.clip_grad_norm_(parameters, longest)
    optimizer.step()
    optimizer.zero_grad()
