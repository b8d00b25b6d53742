"""From a GGUF file of a Llama model with a byte-level BPE tokenizer to the files that transformers reads.

transformers can load such a file but not save it again, and it drops the tokenizer's digit splitting; so the
few steps are ours. Each is checked against the file's own metadata.
Sources: the GGUF specification (ggml, ``docs/gguf.md``) and llama.cpp's ``convert_hf_to_gguf.py``, whose row
permutation of the query and key weights is undone here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callwright_training.errors import BaseModelError

if TYPE_CHECKING:
    import numpy as np
    from gguf import GGUFReader
    from tokenizers import Tokenizer

_CONTROL = 3  # gguf.TokenType.CONTROL
_NAMES = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
_BLOCK_NAMES = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}


def convert(gguf: Path, folder: Path, progress: Callable[[float], None]) -> None:
    """Write ``config.json``, ``model.safetensors`` (float32), ``tokenizer.json`` and its configuration.

    Args:
        gguf: The file.
        folder: Made; must not exist.
        progress: Called with the share that is done, 0 to 1.

    Raises:
        BaseModelError: The file is not a Llama model with a tokenizer of the kind ``smollm``.
    """
    from gguf import GGUFReader
    from safetensors.numpy import save_file

    reader = GGUFReader(gguf)
    _expect(reader, "general.architecture", "llama")
    _expect(reader, "tokenizer.ggml.model", "gpt2")
    _expect(reader, "tokenizer.ggml.pre", "smollm")
    config = _config(reader)
    folder.mkdir()
    save_file(_weights(reader, config, progress), folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    _write_tokenizer(reader, folder)


def _config(reader: GGUFReader) -> dict[str, Any]:
    tensors = {tensor.name for tensor in reader.tensors}
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "hidden_size": _value(reader, "llama.embedding_length"),
        "intermediate_size": _value(reader, "llama.feed_forward_length"),
        "max_position_embeddings": _value(reader, "llama.context_length"),
        "num_attention_heads": _value(reader, "llama.attention.head_count"),
        "num_hidden_layers": _value(reader, "llama.block_count"),
        "num_key_value_heads": _value(reader, "llama.attention.head_count_kv"),
        "rms_norm_eps": _value(reader, "llama.attention.layer_norm_rms_epsilon"),
        "rope_theta": _value(reader, "llama.rope.freq_base"),
        "tie_word_embeddings": "output.weight" not in tensors,
        "vocab_size": _value(reader, "llama.vocab_size"),
        "bos_token_id": _value(reader, "tokenizer.ggml.bos_token_id"),
        "eos_token_id": _value(reader, "tokenizer.ggml.eos_token_id"),
        "pad_token_id": _value(reader, "tokenizer.ggml.unknown_token_id"),
        "dtype": "float32",
    }


def _weights(
    reader: GGUFReader, config: dict[str, Any], progress: Callable[[float], None]
) -> dict[str, np.ndarray]:
    import numpy as np
    from gguf.quants import dequantize

    heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}
    weights: dict[str, np.ndarray] = {}
    for done, tensor in enumerate(reader.tensors):
        array = np.asarray(dequantize(tensor.data, tensor.tensor_type), dtype=np.float32)
        kind = tensor.name.split(".")[2] if tensor.name.startswith("blk.") else ""
        array = _unpermuted(array, heads[kind]) if kind in heads else array
        weights[_name(tensor.name)] = np.ascontiguousarray(array)
        progress(done / len(reader.tensors))
    return weights


def _name(name: str) -> str:
    if not name.startswith("blk."):
        return _NAMES[name]
    _, block, kind, part = name.split(".")
    return f"model.layers.{block}.{_BLOCK_NAMES[kind]}.{part}"


def _unpermuted(weights: np.ndarray, heads: int) -> np.ndarray:
    """Undo llama.cpp's interleaving of each head's rows: ``(out, in)`` in, ``(out, in)`` out."""
    half = weights.shape[0] // heads // 2
    return weights.reshape(heads, half, 2, -1).swapaxes(1, 2).reshape(weights.shape)


def _write_tokenizer(reader: GGUFReader, folder: Path) -> None:
    tokens: list[str] = _value(reader, "tokenizer.ggml.tokens")
    bos, eos, unknown = (
        tokens[_value(reader, f"tokenizer.ggml.{n}_token_id")] for n in ("bos", "eos", "unknown")
    )
    _tokenizer(reader, tokens).save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": bos,
        "eos_token": eos,
        # The file pads with the end token, which hides where a text really ends; this one is never written.
        "pad_token": unknown,
        "unk_token": unknown,
        "clean_up_tokenization_spaces": False,
        "model_max_length": _value(reader, "llama.context_length"),
        "chat_template": _value(reader, "tokenizer.chat_template"),
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1), encoding="utf-8")


def _tokenizer(reader: GGUFReader, tokens: list[str]) -> Tokenizer:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    merges = [tuple(merge.split(" ")) for merge in _value(reader, "tokenizer.ggml.merges")]
    vocabulary = {token: index for index, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    # "smollm" of llama.cpp: every digit alone, then GPT-2's splitting.
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    types = _value(reader, "tokenizer.ggml.token_type")
    control = [token for token, kind in zip(tokens, types, strict=True) if kind == _CONTROL]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in control])
    if tokenizer.get_vocab_size() != len(tokens) or any(
        tokenizer.token_to_id(t) != i for t, i in vocabulary.items()
    ):
        raise BaseModelError("the tokenizer's ids are not those of the GGUF file")
    return tokenizer


def _expect(reader: GGUFReader, key: str, wanted: str) -> None:
    if (found := _value(reader, key)) != wanted:
        raise BaseModelError(f"the GGUF file's {key} is {found!r}, not {wanted!r}")


def _value(reader: GGUFReader, key: str) -> Any:
    field = reader.get_field(key)
    if field is None:
        raise BaseModelError(f"the GGUF file has no {key}")
    return field.contents()
