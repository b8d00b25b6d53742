"""Which models can be exported, and the graph of each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from callwright_server.bundle import Architecture, Quantization
from callwright_training.errors import ExportError
from callwright_training.export.gpt2 import build_gpt2, gpt2_architecture
from callwright_training.export.graph import CacheScales, graph_in
from callwright_training.export.llama import build_llama, llama_architecture


def architecture_of(model: Any, tokenizer: Any) -> Architecture:
    """The shape of a model, and which tokens end its texts.

    Raises:
        ExportError: It is neither a GPT-2 nor a Llama, or has something that their graphs lack.
    """
    ends = tuple(sorted({*_ids(model.generation_config.eos_token_id), *_ids(tokenizer.eos_token_id)}))
    if model.config.model_type == "gpt2":
        return gpt2_architecture(model.config, ends)
    if model.config.model_type == "llama":
        return llama_architecture(model.config, ends)
    raise ExportError(
        f"Cannot export the architecture {model.config.model_type!r}: only gpt2 and llama have a graph here. "
        "Choose such a base (`rlaif-train export --help` names them)."
    )


def write_graph(
    folder: Path,
    model: Any,
    architecture: Architecture,
    quantization: Quantization,
    cache_scales: CacheScales,
    on_layer: Callable[[], None],
) -> int:
    """Write the model's graph and weights into a folder; the bytes that every token reads are returned."""
    build = build_gpt2 if architecture.family == "gpt2" else build_llama
    with graph_in(folder, architecture, quantization, cache_scales) as graph:
        build(graph, model, on_layer)
    return graph.weight_bytes


def _ids(token: int | list[int] | None) -> list[int]:
    if token is None:
        return []
    return token if isinstance(token, list) else [token]
