"""What one run can learn from, and how: each objective brings its batches and their loss.

A run has one or more; every optimizer step adds up the losses of the batches that the plan gives it. A new
objective is one class here or elsewhere, given to :func:`callwright_training.sft.train.tune`.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn
    from transformers import PreTrainedModel

    from callwright_training.sft.examples import Example


@dataclass(frozen=True)
class Loss:
    """The loss of one batch."""

    value: Tensor
    """A scalar with gradients."""
    tokens: int
    """Tokens that went through the model, for the speed that is shown."""
    figures: dict[str, float] = field(default_factory=dict)
    """More that is worth logging, such as an accuracy; plain numbers."""


class Objective(ABC):
    """One thing to learn."""

    name: str
    """Its key in the log: ``text``, ``choice``."""
    weight: float = 1.0
    """What its loss counts in a step."""

    @abstractmethod
    def batches(self, epoch: int, seed: int) -> list[Any]:
        """One epoch's batches in their order; the same for the same arguments, on every machine."""

    @abstractmethod
    def loss(self, model: PreTrainedModel, batch: Any) -> Loss:
        """The loss of one batch. The model is the causal language model itself, adapter layers included."""

    def parameters(self) -> dict[str, nn.Parameter]:
        """Parameters that are learned beside the model's, such as a temperature; kept in checkpoints."""
        return {}


class TextObjective(Objective):
    """Learn to continue prompts: cross-entropy over the target's tokens.

    Args:
        examples: What to learn.
        batch_size: Examples of a batch.
        pad: Token id that fills short rows.
    """

    name = "text"

    def __init__(self, examples: Sequence[Example], batch_size: int, pad: int) -> None:
        self.examples, self.batch_size, self.pad = examples, batch_size, pad

    def batches(self, epoch: int, seed: int) -> list[list[int]]:
        """Indices of examples; those of a batch are of similar length, so little is padded."""
        chance = random.Random(f"{seed} {epoch}")
        order = list(range(len(self.examples)))
        chance.shuffle(order)
        window = 8 * self.batch_size
        batches: list[list[int]] = []
        for start in range(0, len(order), window):
            near = sorted(order[start : start + window], key=lambda index: len(self.examples[index]))
            batches += [near[i : i + self.batch_size] for i in range(0, len(near), self.batch_size)]
        chance.shuffle(batches)
        return batches

    def loss(self, model: PreTrainedModel, batch: list[int]) -> Loss:
        """Mean cross-entropy of the batch's target tokens."""
        rows = [self.examples[index] for index in batch]
        log_probabilities = target_log_probabilities(model, rows, self.pad)
        return Loss(-log_probabilities.mean(), sum(map(len, rows)))


def target_log_probabilities(model: PreTrainedModel, rows: Sequence[Example], pad: int) -> Tensor:
    """Log-probabilities of the rows' target tokens, one after the other: ``(target tokens,)``, float32.

    The output layer, a third of a small model's work, is computed at target positions only.
    """
    import torch
    from torch.nn import functional

    device = model.device
    longest = max(map(len, rows))
    ids = torch.full((len(rows), longest), pad)
    mask = torch.zeros((len(rows), longest), dtype=torch.long)
    before = torch.zeros((len(rows), longest), dtype=torch.bool)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = torch.tensor((*row.prompt, *row.target))
        mask[index, : len(row)] = 1
        before[index, max(len(row.prompt) - 1, 0) : len(row) - 1] = True
    states = hidden_states(model, ids.to(device), mask.to(device))[before.to(device)]
    head = model.get_output_embeddings()
    wanted = torch.cat([_predicted(row) for row in rows]).to(device)
    return -functional.cross_entropy(head(states).float(), wanted, reduction="none")


def hidden_states(model: PreTrainedModel, ids: Tensor, mask: Tensor) -> Tensor:
    """The last layer's states ``(batch, length, width)`` of right-padded rows, without the output layer."""
    backbone = getattr(model, model.base_model_prefix)
    states: Tensor = backbone(input_ids=ids, attention_mask=mask, use_cache=False).last_hidden_state
    return states


def _predicted(row: Example) -> torch.Tensor:
    """The target's tokens; without a prompt nothing predicts the first."""
    import torch

    return torch.tensor(row.target if row.prompt else row.target[1:])
