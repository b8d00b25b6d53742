"""A backbone with a head that gives one number at each position: M_reward, and PPO's separate value model.

Reads a sequence's reward at its last token by position, never by looking for padding ids: with a base whose
end token pads too, that token would be taken for padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from callwright_training.sft.adapter import linear_layers


class Scorer(nn.Module):  # type: ignore[misc]
    """One number for each position of a sequence.

    Args:
        model: A causal language model of transformers; its output layer is left out.
        lora_rank: Rank of the adapters put into the backbone; 0 trains every weight.
        first_layer: Layers before this one get no adapter.
    """

    def __init__(self, model: Any, lora_rank: int = 0, first_layer: int = 0) -> None:
        super().__init__()
        self.backbone = getattr(model, model.base_model_prefix)
        self.head = nn.Linear(model.config.hidden_size, 1, bias=False)
        nn.init.normal_(self.head.weight, std=0.02)
        if lora_rank:
            layers = range(first_layer, model.config.num_hidden_layers)
            adapt(self.backbone, lora_rank, linear_layers(model), layers)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """The number at each position, ``[batch, length]``; ``mask`` is one where there is a token."""
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        states = self.backbone(input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=False)
        numbers: Tensor = self.head(states.last_hidden_state.to(self.head.weight.dtype)).squeeze(-1)
        return numbers

    def at_end(self, ids: Tensor, mask: Tensor) -> Tensor:
        """The number at the last token of each sequence, ``[batch]``."""
        positions = torch.arange(mask.shape[1], device=mask.device)
        last = (mask * positions).argmax(dim=1, keepdim=True)
        return self(ids, mask).gather(1, last).squeeze(1)


def adapt(backbone: Any, rank: int, names: list[str], layers: range) -> None:
    """Freeze a backbone and put trainable LoRA matrices into the linear layers of these blocks."""
    from peft import LoraConfig, inject_adapter_in_model

    blocks = "|".join(map(str, layers))
    config = LoraConfig(
        r=rank,
        lora_alpha=2 * rank,
        lora_dropout=0.0,
        target_modules=rf"(layers|h)\.({blocks})\..*\.({'|'.join(names)})",
        fan_in_fan_out=backbone.config.model_type == "gpt2",  # its Conv1D keeps weights transposed
    )
    inject_adapter_in_model(config, backbone)


def with_end(ids: Sequence[int], end: int) -> list[int]:
    """The sequence, ended by the end token once: what M_reward is trained on and asked about."""
    return [*ids] if ids and ids[-1] == end else [*ids, end]


def padded(rows: Sequence[Sequence[int]], pad: int, *, left: bool = False) -> tuple[Tensor, Tensor]:
    """Ids and mask ``[batch, longest]`` of rows of different lengths."""
    longest = max(map(len, rows))
    ids = torch.full((len(rows), longest), pad, dtype=torch.long)
    mask = torch.zeros((len(rows), longest), dtype=torch.long)
    for number, row in enumerate(rows):
        place = slice(longest - len(row), longest) if left else slice(0, len(row))
        ids[number, place] = torch.tensor(row, dtype=torch.long)
        mask[number, place] = 1
    return ids, mask
