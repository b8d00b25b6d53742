"""A base model with its tokenizer. Where it comes from is ``load.py``'s subject."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from callwright_training.errors import BaseModelError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# Looked for in this order where a tokenizer names no padding token.
_PAD_TOKENS = ("<pad>", "<|pad|>", "[PAD]", "<|padding|>", "<|finetune_right_pad_id|>")


@dataclass(frozen=True, slots=True)
class Base:
    """A causal language model (float32, evaluation mode) and its tokenizer with padding and end tokens."""

    name: str
    """As it was asked for: ``smollm2-135m``, a folder or a hub id."""
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    folder: Path | None = None
    """Folder with the model's own files; ``None`` for one made on the spot or fetched from the hub."""

    def save(self, folder: Path) -> None:
        """Write model (safetensors) and tokenizer the way transformers reads them."""
        self.model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)


def with_padding(tokenizer: PreTrainedTokenizerBase, name: str) -> PreTrainedTokenizerBase:
    """The tokenizer, given a padding token where it names none.

    One that its vocabulary already has is taken, so that the model needs no new embedding; the end token is
    the last resort (as in GPT-2). Training masks padding by position, so that is harmless there.

    Raises:
        BaseModelError: The tokenizer has no end token.
    """
    if tokenizer.eos_token_id is None:
        raise BaseModelError(
            f"{name}: the tokenizer has no end-of-text token; set eos_token in its tokenizer_config.json"
        )
    if tokenizer.pad_token_id is None:
        known = tokenizer.get_vocab()
        candidates = [*_PAD_TOKENS, *filter(None, [tokenizer.unk_token])]
        free = [token for token in candidates if token in known and token != tokenizer.eos_token]
        tokenizer.pad_token = free[0] if free else tokenizer.eos_token
    return tokenizer
