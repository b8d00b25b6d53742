"""Tries over tokens: which token may come next so that, in the end, one of a set of names is written.

Names are spelt the way the tokenizer itself spells them (canonical), because that is what the model has
seen; a mask over all spellings costs accuracy (DOMINO, arXiv 2403.06988).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from callwright_grounding.masks.vocabulary import Ids, Vocabulary

_END = -1


class NameTrie:
    """The token sequences that spell one of some names.

    Args:
        vocabulary: The tokenizer's.
        names: The names.
        lead: Text that stands before each name and is tokenized with it, such as a space.
    """

    def __init__(self, vocabulary: Vocabulary, names: Iterable[str], lead: str = "") -> None:
        self.root: dict[int, dict] = {}  # type: ignore[type-arg]
        self.count = 0
        texts = [lead + name for name in dict.fromkeys(names)]
        for encoding in vocabulary.tokenizer.encode_batch_fast(texts, add_special_tokens=False):
            node = self.root
            for token in encoding.ids:
                node = node.setdefault(token, {})
            node[_END] = {}
            self.count += 1

    def following(self, tokens: Sequence[int], ends: Ids) -> Ids | None:
        """What may come after some tokens.

        Args:
            tokens: Those written since the name began.
            ends: What may follow a complete name.

        Returns:
            ``None`` where the tokens spell no beginning of a name.
        """
        node = self.root
        for token in tokens:
            if token not in node:
                return None
            node = node[token]
        inside = np.array([token for token in node if token != _END], dtype=np.int64)
        return np.concatenate([inside, ends]) if _END in node else inside

    def children(self, tokens: Sequence[int]) -> tuple[list[int], bool]:
        """The tokens that go on from some tokens of the trie, and whether those spell a whole name.

        Raises:
            KeyError: They spell no beginning of a name.
        """
        node = self.root
        for token in tokens:
            node = node[token]
        return [token for token in node if token != _END], _END in node

    def spells(self, tokens: Sequence[int]) -> bool:
        """Whether some tokens spell a whole name."""
        node = self.root
        for token in tokens:
            if token not in node:
                return False
            node = node[token]
        return _END in node
