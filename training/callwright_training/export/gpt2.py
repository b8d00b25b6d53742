"""GPT-2's decoder as a graph: layer norms, learnt positions, a plain feed-forward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from callwright_server.bundle import Architecture
from callwright_training.errors import ExportError
from callwright_training.export.graph import MICROSOFT, Array, GraphBuilder

Weights = dict[str, Array]


def gpt2_architecture(config: Any, end_tokens: tuple[int, ...]) -> Architecture:
    """The shape that a transformers configuration describes.

    Raises:
        ExportError: The configuration asks for something that the graph does not have.
    """
    if (
        config.activation_function not in ("gelu_new", "gelu_pytorch_tanh")
        or config.scale_attn_by_inverse_layer_idx
    ):
        raise ExportError("This GPT-2 model has another activation or attention scale than export can write.")
    return Architecture(
        family="gpt2",
        layers=config.n_layer,
        hidden_size=config.n_embd,
        heads=config.n_head,
        kv_heads=config.n_head,
        head_size=config.n_embd // config.n_head,
        vocabulary=config.vocab_size,
        context=config.n_positions,
        end_tokens=end_tokens,
    )


def build_gpt2(graph: GraphBuilder, model: Any, on_layer: Callable[[], None]) -> None:
    """Write a ``GPT2LMHeadModel`` as a graph.

    Args:
        graph: Receives nodes and weights.
        model: The merged model, in float32 on the CPU.
        on_layer: Called after each layer, for progress.
    """
    weights: Weights = {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}
    epsilon = float(model.config.layer_norm_epsilon)
    head = None if model.config.tie_word_embeddings else weights["lm_head.weight"]
    x = graph.embedding_and_head(weights["transformer.wte.weight"], head)
    positions = graph.tensor("positions", weights["transformer.wpe.weight"], by_row=True)
    residual = graph.node("Gather", [positions, "position_ids"], "positions/rows")
    for layer in range(graph.architecture.layers):
        x, residual = _layer(graph, layer, weights, x, residual, epsilon)
        on_layer()
    x, _ = _norm(graph, "final_norm", x, residual, weights, "transformer.ln_f", epsilon)
    graph.logits(x)


def _layer(
    graph: GraphBuilder, layer: int, weights: Weights, x: str, residual: str, epsilon: float
) -> tuple[str, str]:
    """One block; returns its output, not yet added to the residual stream, and that stream."""
    source, name = f"transformer.h.{layer}", f"layer.{layer}"
    normed, residual = _norm(graph, f"{name}/norm", x, residual, weights, f"{source}.ln_1", epsilon)
    attended = graph.attention(layer, _linear(graph, f"{name}/qkv", normed, weights, f"{source}.attn.c_attn"))
    x = _linear(graph, f"{name}/output", attended, weights, f"{source}.attn.c_proj")
    normed, residual = _norm(graph, f"{name}/norm2", x, residual, weights, f"{source}.ln_2", epsilon)
    wide = graph.linear(f"{name}/wide", normed, weights[f"{source}.mlp.c_fc.weight"].T)
    bias = graph.tensor(f"{name}/wide.bias", weights[f"{source}.mlp.c_fc.bias"])
    active = graph.node("FastGelu", [wide, bias], f"{name}/gelu", MICROSOFT)
    return _linear(graph, f"{name}/narrow", active, weights, f"{source}.mlp.c_proj"), residual


def _linear(graph: GraphBuilder, name: str, x: str, weights: Weights, source: str) -> str:
    """A product with one of GPT-2's ``Conv1D`` weights, which are stored ``[inputs, outputs]``."""
    return graph.linear(name, x, weights[f"{source}.weight"].T, weights[f"{source}.bias"])


def _norm(
    graph: GraphBuilder, name: str, x: str, residual: str, weights: Weights, source: str, epsilon: float
) -> tuple[str, str]:
    """Add to the residual stream and normalise."""
    scale = graph.tensor(f"{name}.weight", weights[f"{source}.weight"])
    shift = graph.tensor(f"{name}.bias", weights[f"{source}.bias"])
    outputs = [name, "", "", f"{name}/residual"]
    graph.node("SkipLayerNormalization", [x, residual, scale, shift], outputs, MICROSOFT, epsilon=epsilon)
    return name, outputs[-1]
