"""The language model in torch, as the server's chooser asks it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from callwright_training.bases import Base
from callwright_training.choice.objective import pair_example
from callwright_training.sft.objective import target_log_probabilities


class TorchPairs:
    """Scores pairs with a torch model, and remembers them; takes the place of the server's engine.

    Args:
        model: The causal language model, adapter layers included.
        base: Where its tokenizer is.
        bf16: Compute in bfloat16.
    """

    def __init__(self, model: Any, base: Base, *, bf16: bool) -> None:
        self._model, self._tokenizer, self._bf16 = model.eval(), base.tokenizer, bf16
        self._known: dict[tuple[str, str], list[float]] = {}

    def score_pairs(
        self, pairs: Sequence[tuple[str, str]], stop: Callable[[], bool] = lambda: False
    ) -> list[list[float]]:
        """Log-probabilities of the second parts' tokens; nothing is stopped half-way."""
        import torch

        fresh = [pair for pair in dict.fromkeys(pairs) if pair not in self._known]
        if fresh:
            rows = [pair_example(self._tokenizer, *pair) for pair in fresh]
            pad = int(self._tokenizer.pad_token_id)
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self._bf16):
                found = target_log_probabilities(self._model, rows, pad)
            parts = found.split([len(row.target) for row in rows])
            self._known |= {pair: part.tolist() for pair, part in zip(fresh, parts, strict=True)}
        return [self._known[pair] for pair in pairs]
