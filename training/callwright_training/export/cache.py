"""Keys and values in 8 bits: how large they get, so that one scale for each channel can be written down.

A decoder looks back at every token for each that it writes. With a byte instead of four for each number that
is a quarter of the memory, and kernels that take a third of the time. The scales are part of the graph; what
they cost is measured with everything else (:mod:`callwright_training.export.parity`), on other texts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from callwright_training.export.parity import TEXTS
from callwright_training.export.sources import standard_library_texts

Array = NDArray[np.float32]

_TEXTS = slice(TEXTS, TEXTS + 8)
_LETTERS, _TOKENS = 2048, 256
"""What is read of each, at most."""
_LARGEST = 127


def cache_scales(model: Any, tokenizer: Any) -> list[tuple[Array, Array]]:
    """One scale for each channel of each layer's keys and values, ``[1, kv_heads, 1, head_size]``.

    Rotary positions turn pairs of a key's channels, the further the later its token stands. So a key's
    channel gets the range of its pair's length, which no position changes.

    Args:
        model: The merged torch model.
        tokenizer: Its tokenizer.
    """
    rotary = model.config.model_type != "gpt2"
    largest: list[tuple[Array, Array]] = []
    for text in standard_library_texts()[_TEXTS]:
        seen = [
            (_of_channels(_pair_lengths(keys) if rotary else keys), _of_channels(values))
            for keys, values in _keys_and_values(
                model, tokenizer.encode(text[:_LETTERS], add_special_tokens=False)
            )
        ]
        largest = [_larger(*both) for both in zip(largest, seen, strict=True)] if largest else seen
    return [(_scale(keys), _scale(values)) for keys, values in largest]


def _keys_and_values(model: Any, tokens: list[int]) -> list[tuple[Array, Array]]:
    """What torch keeps of a text's first tokens, layer by layer: ``[1, kv_heads, tokens, head_size]``."""
    import torch

    tokens = tokens[: min(_TOKENS, model.config.max_position_embeddings)]
    with torch.inference_mode():
        cache = model(torch.tensor([tokens]), use_cache=True, logits_to_keep=1).past_key_values
    return [(layer.keys.float().numpy(), layer.values.float().numpy()) for layer in cache.layers]


def _pair_lengths(keys: Array) -> Array:
    """Each channel's length together with the one that it is turned with, half a head away."""
    first, second = np.split(keys, 2, axis=-1)
    lengths = np.hypot(first, second)
    return np.concatenate([lengths, lengths], axis=-1)


def _of_channels(array: Array) -> Array:
    """The largest magnitude of each channel; never zero, since it becomes a divisor."""
    return np.asarray(np.maximum(np.abs(array).max(axis=(0, 2), keepdims=True), 1e-6), np.float32)


def _scale(largest: Array) -> Array:
    return np.asarray(largest / _LARGEST, np.float32)


def _larger(some: tuple[Array, Array], others: tuple[Array, Array]) -> tuple[Array, Array]:
    keys, values = (np.maximum(one, other) for one, other in zip(some, others, strict=True))
    return keys, values
