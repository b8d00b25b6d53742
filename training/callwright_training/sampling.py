"""Draws continuations from a causal language model, one uniform number for each token.

The numbers are given, so the same prompt and seed give the same text whatever else is drawn, in however many
processes. Leaves out beams, penalties and truncated distributions: what is drawn is the model's own
distribution, which is what policy gradients assume.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_BLOCK = 256


@dataclass(frozen=True)
class Drawn:
    """Continuations of a batch of prompts."""

    tokens: torch.Tensor
    """Token ids, int64 ``[batch, longest]``; padding behind each continuation's end."""
    lengths: torch.Tensor
    """Tokens of each continuation, the one that stopped it included, int64 ``[batch]``."""
    stopped: torch.Tensor
    """Whether it ended at a stop token rather than at the limit, bool ``[batch]``."""


def device() -> torch.device:
    """Where this process computes: its graphics processor where there is one."""
    import torch

    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))


def uniforms(seed: int, name: str, count: int) -> torch.Tensor:
    """Uniform numbers that depend on the seed and the name only, float32 ``[count]``."""
    import torch

    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
    return torch.rand(count, generator=generator)


def stop_tokens(tokenizer: Any, *, at_line_end: bool) -> torch.Tensor:
    """Which tokens end a continuation, bool ``[vocabulary]``: the end token, and line breaks on request."""
    import torch

    stops = torch.zeros(len(tokenizer), dtype=torch.bool)
    stops[tokenizer.eos_token_id] = True
    if at_line_end:
        # A single call is served up to its line's end; a token such as ")\n" ends it too.
        texts = tokenizer.batch_decode([[token] for token in range(len(tokenizer))])
        stops |= torch.tensor(["\n" in text for text in texts])
    return stops


def draw(
    model: Any,
    prompts: torch.Tensor,
    mask: torch.Tensor,
    numbers: torch.Tensor,
    *,
    temperature: float,
    stops: torch.Tensor,
    pad: int,
) -> Drawn:
    """Continue each prompt.

    Args:
        model: A causal language model of transformers.
        prompts: Token ids, padded on the left, int64 ``[batch, longest prompt]``.
        mask: One where ``prompts`` holds a token, ``[batch, longest prompt]``.
        numbers: Uniform numbers, float ``[batch, limit]``; their width is the limit.
        temperature: Divides the logits; 0 takes the likeliest token.
        stops: Which tokens end a continuation, bool ``[vocabulary]``.
        pad: Written behind each end.
    """
    import torch
    from transformers import DynamicCache

    batch, limit = numbers.shape
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    cache = DynamicCache(config=model.config)
    tokens = torch.full((batch, limit), pad, dtype=torch.long, device=prompts.device)
    lengths = torch.full((batch,), limit, dtype=torch.long, device=prompts.device)
    stopped = torch.zeros(batch, dtype=torch.bool, device=prompts.device)
    stops, numbers = stops.to(prompts.device), numbers.to(prompts.device)
    inputs = prompts
    rows = torch.arange(batch, device=prompts.device)  # those that are still computed
    with torch.no_grad():
        for step in range(limit):
            output = model(
                input_ids=inputs,
                attention_mask=mask,
                position_ids=positions,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            )
            chosen = choose(output.logits[:, -1].float(), numbers[rows, step], temperature)
            running = ~stopped[rows]
            tokens[rows[running], step] = chosen[running]
            ended = rows[running & stops[chosen]]
            lengths[ended], stopped[ended] = step + 1, True
            running = ~stopped[rows]
            if not running.any():
                break
            positions = positions[:, -1:] + 1
            if 4 * int(running.sum()) <= 3 * len(rows):  # copying the cache must pay
                kept = running.nonzero().squeeze(1)
                cache.batch_select_indices(kept)
                rows, chosen, positions, mask = rows[kept], chosen[kept], positions[kept], mask[kept]
                running = running[kept]
            inputs = torch.where(running, chosen, pad)[:, None]
            mask = torch.cat([mask, mask.new_ones(len(rows), 1)], dim=1)
    longest = int(lengths.max())
    return Drawn(tokens[:, :longest], lengths, stopped)


def choose(logits: torch.Tensor, numbers: torch.Tensor, temperature: float) -> torch.Tensor:
    """One token for each row of ``[batch, vocabulary]``, by the inverse of the cumulated distribution.

    Cumulated by blocks, and inside the one block that the number falls into: a vocabulary of 49,000 tokens
    would cost more than a layer of a small model otherwise.
    """
    import torch

    if temperature == 0:
        return logits.argmax(dim=-1)
    powers = torch.exp((logits - logits.amax(dim=-1, keepdim=True)) / temperature)
    spare = -powers.shape[1] % _BLOCK
    blocks = torch.nn.functional.pad(powers, (0, spare)).view(len(powers), -1, _BLOCK)
    sums = blocks.sum(dim=-1).double().cumsum(dim=-1)
    wanted = numbers[:, None].double() * sums[:, -1:]
    block = (sums < wanted).sum(dim=-1, keepdim=True).clamp(max=blocks.shape[1] - 1)
    before = torch.nn.functional.pad(sums, (1, 0)).gather(1, block)
    inside = blocks[torch.arange(len(powers), device=powers.device), block[:, 0]].double().cumsum(dim=-1)
    place = (inside < wanted - before).sum(dim=-1).clamp(max=_BLOCK - 1)
    return (block[:, 0] * _BLOCK + place).clamp(max=logits.shape[-1] - 1)
