"""The four roles of PPO: policy with values, reference, reward. Loops and formulas are elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from callwright_training.reward.scorer import Scorer

if TYPE_CHECKING:
    from callwright_training.ppo.settings import PPOSettings


@dataclass(frozen=True)
class Read:
    """What a model says about completions; float32 ``[batch, length]``."""

    logprobs: Tensor
    entropy: Tensor
    states: Tensor
    """The last layer's states in front of each token, ``[batch, length, width]``."""


def read(
    model: Any, ids: Tensor, mask: Tensor, start: int, temperature: float, *, entropy: bool = False
) -> Read:
    """Log-probabilities of the tokens from ``start`` on; zero where there is no token.

    The output layer, a third of a small model's work and most of its memory, is computed at tokens only.

    Args:
        model: A causal language model.
        ids: Prompts, padded on the left, and completions, padded on the right, ``[batch, start + length]``.
        mask: One where there is a token.
        start: Where completions begin.
        temperature: Divides the logits.
        entropy: Compute the distribution's entropy too.
    """
    backbone = getattr(model, model.base_model_prefix)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    output = backbone(input_ids=ids, attention_mask=mask, position_ids=positions, use_cache=False)
    states = output.last_hidden_state[:, start - 1 : -1]
    there = mask[:, start:].bool()
    logits = model.get_output_embeddings()(states[there]).float() / temperature
    normalizer = logits.logsumexp(dim=-1)
    said = logits.gather(-1, ids[:, start:][there][:, None]).squeeze(-1) - normalizer
    logprobs = said.new_zeros(there.shape).masked_scatter(there, said)
    spread = torch.zeros_like(logprobs)
    if entropy:
        spreads = normalizer - (torch.softmax(logits, dim=-1) * logits).sum(dim=-1)
        spread = spread.masked_scatter(there, spreads)
    return Read(logprobs, spread, states)


class Actor(nn.Module):  # type: ignore[misc]
    """The policy and its values.

    Args:
        policy: A causal language model whose parameters to train have ``requires_grad``.
        value: A model of its own for the values; ``None`` puts a head on the policy's states.
    """

    def __init__(self, policy: Any, value: Scorer | None = None) -> None:
        super().__init__()
        self.policy = policy
        self.value = value
        self.head = None if value is not None else nn.Linear(policy.config.hidden_size, 1)
        if self.head is not None:
            nn.init.zeros_(self.head.weight)
            nn.init.zeros_(self.head.bias)

    def expect(self, reward: float) -> bool:
        """Let a fresh value head predict the mean reward; tells whether there is a head.

        A head that began at zero would blame the end of a completion for all that rewards are below zero:
        with ``smoothing`` below 1, the policy then learns never to end.
        """
        if self.head is None:
            return False
        nn.init.constant_(self.head.bias, reward)
        return True

    def forward(
        self, ids: Tensor, mask: Tensor, start: int, temperature: float, *, entropy: bool = False
    ) -> tuple[Read, Tensor]:
        """What the policy says, and the values in front of each token, float32 ``[batch, length]``."""
        said = read(self.policy, ids, mask, start, temperature, entropy=entropy)
        if self.value is not None:
            return said, self.value(ids, mask)[:, start - 1 : -1].float()
        assert self.head is not None  # noqa: S101 - one of the two is there
        return said, self.head(said.states.to(self.head.weight.dtype)).squeeze(-1).float()


def trainable_policy(base: Any, adapter: Path | None, settings: PPOSettings, seed: int) -> Any:
    """The policy at its start, which is M_SFT: a peft model that tunes on its adapter, or all weights."""
    from peft import LoraConfig, PeftModel, get_peft_model

    from callwright_training.export.merge import merge

    if settings.lora_rank == 0:
        model = merge(base, adapter)
        model.requires_grad_(True)
        return without_dropout(model)
    if adapter is not None:
        return without_dropout(PeftModel.from_pretrained(base.model, str(adapter), is_trainable=True))
    torch.manual_seed(seed)
    config = LoraConfig(
        r=settings.lora_rank,
        lora_alpha=2 * settings.lora_rank,
        lora_dropout=0.0,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    return without_dropout(get_peft_model(base.model, config))


def causal_model(policy: Any) -> Any:
    """The causal language model itself, adapters inside."""
    return policy.get_base_model() if hasattr(policy, "get_base_model") else policy


def without_dropout(model: Any) -> Any:
    """The model with its dropout off for good: PPO's ratio must be one before the first step."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return model.eval()
