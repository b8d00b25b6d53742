"""How far a bundle agrees with the torch model it was made from, on real Python text."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from callwright_server.bundle import Parity, Quantization
from callwright_server.engine import Engine
from callwright_training.errors import ExportError
from callwright_training.export.sources import standard_library_texts

LEAST_AGREEMENT: dict[Quantization, float] = {"fp32": 0.99, "int8": 0.90, "int8-dynamic": 0.60, "int4": 0.60}
"""Share of positions where a bundle must find the same token likeliest as torch does."""

GREATEST_ERROR = 0.5
"""Relative error above which a bundle is refused whatever it agrees on.

A random model with tied embeddings finds its last input likeliest, even with wrong weights; this does not.
"""

TEXTS = 4
"""Texts that are compared on, the first of them; what is fitted takes others."""
_TOKENS = 96
_TIE = 0.01
"""Tokens whose log-probabilities differ by no more than this are equally likely; random models have many."""


def measure_parity(engine: Engine, model: Any) -> Parity:
    """Compare the next-token distributions at some 380 positions of the standard library's text.

    Args:
        engine: Runs the finished bundle.
        model: The merged torch model.
    """
    agreements: list[NDArray[np.bool_]] = []
    divergences: list[NDArray[np.float64]] = []
    errors: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    for text in standard_library_texts()[:TEXTS]:
        tokens = engine.encode(text)[:_TOKENS]
        ours = _log_softmax(engine.logits(tokens))
        theirs = _log_softmax(_torch_logits(model, tokens))
        chosen = theirs[np.arange(len(tokens)), ours.argmax(axis=1)]
        agreements.append(chosen >= theirs.max(axis=1) - _TIE)
        divergences.append((np.exp(theirs) * (theirs - ours)).sum(axis=1))
        errors.append(((ours - theirs).var(axis=1), theirs.var(axis=1)))
    agreed = np.concatenate(agreements)
    wrong, spread = (np.concatenate(parts).mean() for parts in zip(*errors, strict=True))
    return Parity(
        positions=len(agreed),
        agreement=round(float(agreed.mean()), 4),
        mean_kl=round(float(np.concatenate(divergences).mean()), 6),
        relative_error=round(float(np.sqrt(wrong / spread)), 4),
        text=f"the first {_TOKENS} tokens of {TEXTS} modules of Python's standard library",
    )


def require_agreement(parity: Parity, least: float) -> None:
    """Refuse a bundle that agrees too seldom, or whose logits are simply others.

    Raises:
        ExportError: Names both figures.
    """
    if parity.relative_error > GREATEST_ERROR:
        raise ExportError(
            f"The bundle's logits differ from torch's by {parity.relative_error:.0%} of their spread; "
            f"no more than {GREATEST_ERROR:.0%} is accepted. Try `--quantization int8`."
        )
    if parity.agreement < least:
        raise ExportError(
            f"The bundle finds the same next token likeliest as torch at {parity.agreement:.1%} of "
            f"{parity.positions} positions; at least {least:.0%} is asked for. Try `--quantization int8`, or "
            "state a lower `--least-agreement` if you know why."
        )


def _torch_logits(model: Any, tokens: list[int]) -> NDArray[np.float32]:
    import torch

    with torch.inference_mode():
        logits: NDArray[np.float32] = model(torch.tensor([tokens])).logits[0].float().numpy()
    return logits


def _log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
