"""The loss on examples that are not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from callwright_training.sft.examples import Example

_BATCH = 8


def mean_loss(model: Any, examples: Sequence[Example], pad: int, *, bf16: bool) -> float | None:
    """Mean cross-entropy over all target tokens; ``None`` without examples."""
    import torch

    from callwright_training.sft.objective import target_log_probabilities

    if not examples:
        return None
    rows = sorted(examples, key=len)
    model.eval()
    total = count = 0.0
    for start in range(0, len(rows), _BATCH):
        with torch.no_grad(), torch.autocast(model.device.type, torch.bfloat16, enabled=bf16):
            found = target_log_probabilities(model, rows[start : start + _BATCH], pad)
        total -= float(found.double().sum())
        count += found.numel()
    return total / count
