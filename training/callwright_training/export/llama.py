"""Llama's decoder as a graph: RMS norms, rotary positions inside attention, a gated feed-forward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from callwright_server.bundle import Architecture
from callwright_training.errors import ExportError
from callwright_training.export.graph import MICROSOFT, Array, GraphBuilder

Weights = dict[str, Array]


def llama_architecture(config: Any, end_tokens: tuple[int, ...]) -> Architecture:
    """The shape that a transformers configuration describes.

    Raises:
        ExportError: The configuration asks for something that the graph does not have.
    """
    if (
        config.hidden_act != "silu"
        or getattr(config, "attention_bias", False)
        or getattr(config, "mlp_bias", False)
    ):
        raise ExportError(
            "This Llama model has biases or another activation than SiLU, which export cannot write yet."
        )
    return Architecture(
        family="llama",
        layers=config.num_hidden_layers,
        hidden_size=config.hidden_size,
        heads=config.num_attention_heads,
        kv_heads=config.num_key_value_heads,
        head_size=getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads,
        vocabulary=config.vocab_size,
        context=config.max_position_embeddings,
        end_tokens=end_tokens,
    )


def build_llama(graph: GraphBuilder, model: Any, on_layer: Callable[[], None]) -> None:
    """Write a ``LlamaForCausalLM`` as a graph.

    Args:
        graph: Receives nodes and weights.
        model: The merged model, in float32 on the CPU.
        on_layer: Called after each layer, for progress.
    """
    weights: Weights = {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}
    epsilon = float(model.config.rms_norm_eps)
    tables = _rotary_tables(graph, model)
    head = None if model.config.tie_word_embeddings else weights["lm_head.weight"]
    x = graph.embedding_and_head(weights["model.embed_tokens.weight"], head)
    residual = ""
    for layer in range(graph.architecture.layers):
        x, residual = _layer(graph, layer, weights, x, residual, tables, epsilon)
        on_layer()
    x, _ = _norm(graph, "final_norm", x, residual, weights["model.norm.weight"], epsilon)
    graph.logits(x)


def _layer(
    graph: GraphBuilder,
    layer: int,
    weights: Weights,
    x: str,
    residual: str,
    tables: tuple[str, str],
    epsilon: float,
) -> tuple[str, str]:
    """One block; returns its output, not yet added to the residual stream, and that stream."""
    source, name = f"model.layers.{layer}.", f"layer.{layer}"
    part = {key.removeprefix(source): value for key, value in weights.items() if key.startswith(source)}
    normed, residual = _norm(graph, f"{name}/norm", x, residual, part["input_layernorm.weight"], epsilon)
    packed = np.concatenate([part[f"self_attn.{which}_proj.weight"] for which in "qkv"])
    attended = graph.attention(layer, graph.linear(f"{name}/qkv", normed, packed), tables)
    x = graph.linear(f"{name}/output", attended, part["self_attn.o_proj.weight"])
    normed, residual = _norm(
        graph, f"{name}/norm2", x, residual, part["post_attention_layernorm.weight"], epsilon
    )
    packed = np.concatenate([part["mlp.gate_proj.weight"], part["mlp.up_proj.weight"]])
    both = graph.linear(f"{name}/gate_up", normed, packed)
    gate, up = f"{name}/gate", f"{name}/up"
    graph.node("Split", [both], [gate, up], axis=-1, num_outputs=2)
    active = graph.node(
        "QuickGelu", [gate], f"{name}/silu", MICROSOFT, alpha=1.0
    )  # x * sigmoid(1 * x) is SiLU
    product = graph.node("Mul", [active, up], f"{name}/gated")
    return graph.linear(f"{name}/down", product, part["mlp.down_proj.weight"]), residual


def _norm(
    graph: GraphBuilder, name: str, x: str, residual: str, weight: Array, epsilon: float
) -> tuple[str, str]:
    """Add to the residual stream and normalise; the embedding itself starts the stream."""
    scale = graph.tensor(f"{name}.weight", weight)
    if not residual:
        return graph.node("SimplifiedLayerNormalization", [x, scale], name, epsilon=epsilon, axis=-1), x
    outputs = [name, "", "", f"{name}/residual"]
    graph.node("SkipSimplifiedLayerNormalization", [x, residual, scale], outputs, MICROSOFT, epsilon=epsilon)
    return name, outputs[-1]


def _rotary_tables(graph: GraphBuilder, model: Any) -> tuple[str, str]:
    """Cosines and sines ``[context, head_size / 2]``, from the torch model's own frequencies."""
    rotary = model.model.rotary_emb
    frequencies = rotary.inv_freq.detach().double().numpy()
    angles = np.outer(np.arange(graph.architecture.context), frequencies)
    scaling = float(rotary.attention_scaling)
    cosines, sines = (np.asarray(function(angles) * scaling, np.float32) for function in (np.cos, np.sin))
    return (
        graph.tensor("rotary.cos", cosines, by_row=True),
        graph.tensor("rotary.sin", sines, by_row=True),
    )
