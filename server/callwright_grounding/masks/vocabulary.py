"""A tokenizer's vocabulary as text: which tokens end a name, begin a name behind a dot, or assign."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

Ids = NDArray[np.int64]

_JUMPS_THE_DOT = re.compile(r"\.[ \t]*[^\W\d]")
_ASSIGNS = re.compile(r"^[ \t]*\w*[ \t]*=(?!=)")


class Vocabulary:
    """What each token says.

    Args:
        tokenizer: A byte-level BPE tokenizer, or one that writes spaces as ``▁``.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.size: int = tokenizer.get_vocab_size(with_added_tokens=True)
        self.texts = _texts(tokenizer, self.size)
        """The text of each token; ``None`` for special tokens, replacement marks for partial characters."""

    def warm_up(self) -> None:
        """Sort the vocabulary now instead of at the first keystroke."""
        _ = self.terminators, self.free, self.without_assignment

    def encode(self, text: str) -> list[int]:
        """The tokens that the tokenizer itself would write for a text."""
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def decode(self, ids: list[int]) -> str:
        """The text of some tokens."""
        text: str = self.tokenizer.decode(ids, skip_special_tokens=False)
        return text

    @cached_property
    def terminators(self) -> Ids:
        """Tokens that cannot continue an identifier: what may follow a complete name."""
        return self._select(lambda text: bool(text) and not (text[0].isalnum() or text[0] in "_�"))

    @cached_property
    def free(self) -> Ids:
        """Tokens that may come where no set of names applies: none that writes a dot and a name at once."""
        return self._select(lambda text: _JUMPS_THE_DOT.search(text) is None)

    @cached_property
    def without_assignment(self) -> Ids:
        """Tokens of :attr:`free` that do not turn the word before them into a keyword."""
        return self._select(lambda text: not _JUMPS_THE_DOT.search(text) and not _ASSIGNS.match(text))

    def starting_with(self, quote: str) -> Ids:
        """Tokens that begin with a quote."""
        if quote not in self._quotes:
            self._quotes[quote] = self._select(lambda text: text.startswith(quote))
        return self._quotes[quote]

    @cached_property
    def _quotes(self) -> dict[str, Ids]:
        return {}

    def _select(self, keep: Callable[[str], bool]) -> Ids:
        chosen = [number for number, text in enumerate(self.texts) if text is not None and keep(text)]
        return np.array(chosen, dtype=np.int64)


def _texts(tokenizer: Tokenizer, size: int) -> list[str | None]:
    special = {number for number, token in tokenizer.get_added_tokens_decoder().items() if token.special}
    alphabet = {character: byte for byte, character in _byte_alphabet().items()}
    texts: list[str | None] = []
    for number in range(size):
        token = tokenizer.id_to_token(number)
        if token is None or number in special:
            texts.append(None)
        elif all(character in alphabet for character in token):
            texts.append(bytes(alphabet[character] for character in token).decode("utf-8", "replace"))
        else:
            texts.append(token.replace("▁", " "))
    return texts


def _byte_alphabet() -> dict[int, str]:
    """GPT-2's printable stand-in for every byte (`bytes_to_unicode` in its `encoder.py`)."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    table = {byte: chr(byte) for byte in printable}
    return table | {byte: chr(256 + number) for number, byte in enumerate(others)}
