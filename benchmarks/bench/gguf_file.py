"""The weights of a Hugging Face model as a GGUF file, for llama.cpp; without a tokenizer, tokens go in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
KINDS = {"q8_0": gguf.GGMLQuantizationType.Q8_0, "q4_0": gguf.GGMLQuantizationType.Q4_0}
_ATTENTION = {"q_proj": "attn_q", "k_proj": "attn_k", "v_proj": "attn_v", "o_proj": "attn_output"}
_FORWARD = {"gate_proj": "ffn_gate", "up_proj": "ffn_up", "down_proj": "ffn_down"}


def write_gguf(path: Path, model: Any, kind: str) -> None:
    """Write a Llama or GPT-2 model.

    Matrices are stored as ``kind`` says, the table that is embedding and head at once in 8 bits at least, as
    in our own 4-bit bundles; norms, biases and positions in 32 bits.

    Args:
        path: The file.
        model: The transformers model on the CPU.
        kind: One of :data:`KINDS`.
    """
    family = model.config.model_type
    writer = gguf.GGUFWriter(path, family)
    (_describe_llama if family == "llama" else _describe_gpt2)(writer, model.config)
    writer.add_vocab_size(model.config.vocab_size)
    writer.add_tokenizer_model("no_vocab")
    weights = {name: tensor.detach().float().numpy() for name, tensor in model.state_dict().items()}
    tensors = _llama(weights, model.config) if family == "llama" else _gpt2(weights)
    for name, array in tensors:
        _add(writer, name, np.ascontiguousarray(array), kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add(writer: gguf.GGUFWriter, name: str, array: Array, kind: str) -> None:
    if array.ndim == 1 or name.startswith("position"):
        writer.add_tensor(name, array)
        return
    stored = KINDS["q8_0"] if name.startswith("token_embd") else KINDS[kind]
    writer.add_tensor(name, gguf.quants.quantize(array, stored), raw_dtype=stored)


def _describe_llama(writer: gguf.GGUFWriter, config: Any) -> None:
    _describe(writer, config.num_hidden_layers, config.num_attention_heads, config.hidden_size)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_dimension_count(config.hidden_size // config.num_attention_heads)
    writer.add_rope_freq_base(getattr(config, "rope_theta", None) or config.rope_parameters["rope_theta"])


def _describe_gpt2(writer: gguf.GGUFWriter, config: Any) -> None:
    _describe(writer, config.n_layer, config.n_head, config.n_embd)
    writer.add_context_length(config.n_positions)
    writer.add_feed_forward_length(4 * config.n_embd)
    writer.add_layer_norm_eps(config.layer_norm_epsilon)


def _describe(writer: gguf.GGUFWriter, layers: int, heads: int, width: int) -> None:
    writer.add_block_count(layers)
    writer.add_head_count(heads)
    writer.add_embedding_length(width)


def _llama(weights: dict[str, Array], config: Any) -> Iterator[tuple[str, Array]]:
    yield "token_embd.weight", weights["model.embed_tokens.weight"]
    yield "output_norm.weight", weights["model.norm.weight"]
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    for layer in range(config.num_hidden_layers):
        source, target = f"model.layers.{layer}.", f"blk.{layer}."
        yield f"{target}attn_norm.weight", weights[f"{source}input_layernorm.weight"]
        yield f"{target}ffn_norm.weight", weights[f"{source}post_attention_layernorm.weight"]
        for part, name in _ATTENTION.items():
            matrix = weights[f"{source}self_attn.{part}.weight"]
            yield f"{target}{name}.weight", _interleaved(matrix, heads[name]) if name in heads else matrix
        for part, name in _FORWARD.items():
            yield f"{target}{name}.weight", weights[f"{source}mlp.{part}.weight"]


def _interleaved(matrix: Array, heads: int) -> Array:
    """llama.cpp rotates neighbouring rows together; transformers rotates a head's two halves."""
    rows, columns = matrix.shape
    return matrix.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


_GPT2 = {
    "ln_1": "attn_norm",
    "attn.c_attn": "attn_qkv",
    "attn.c_proj": "attn_output",
    "ln_2": "ffn_norm",
    "mlp.c_fc": "ffn_up",
    "mlp.c_proj": "ffn_down",
}


def _gpt2(weights: dict[str, Array]) -> Iterator[tuple[str, Array]]:
    yield "token_embd.weight", weights["transformer.wte.weight"]
    yield "position_embd.weight", weights["transformer.wpe.weight"]
    for kind in ("weight", "bias"):
        yield f"output_norm.{kind}", weights[f"transformer.ln_f.{kind}"]
    layer = 0
    while f"transformer.h.{layer}.ln_1.weight" in weights:
        for part, name in _GPT2.items():
            matrix, bias = (weights[f"transformer.h.{layer}.{part}.{kind}"] for kind in ("weight", "bias"))
            yield f"blk.{layer}.{name}.weight", matrix.T  # a vector, or a Conv1D's [inputs, outputs]
            yield f"blk.{layer}.{name}.bias", bias
        layer += 1
