"""Holds a model to names that exist while it writes; fits the engine's ``Constraint`` protocol.

Where the set of names is closed, only tokens that spell one of them are allowed, then only what can end a
name. A word that no signature knows is kept from becoming a keyword. Everywhere else the model is free,
except for tokens that would write a dot and a name in one go. Private names are never written unless the
user began one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from callwright_grounding.cursor.position import TEXT, Position, Wanted
from callwright_grounding.masks.tries import NameTrie
from callwright_grounding.masks.vocabulary import Ids, Vocabulary

_MAX_TRIES = 64


class Masks:
    """Tries by what they spell, kept for the next question.

    Args:
        vocabulary: The tokenizer's.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._tries: OrderedDict[tuple[tuple[str, ...], str], NameTrie] = OrderedDict()

    def trie(self, names: tuple[str, ...], lead: str = "") -> NameTrie:
        """The trie of some names."""
        key = (names, lead)
        if key in self._tries:
            self._tries.move_to_end(key)
            return self._tries[key]
        if len(self._tries) >= _MAX_TRIES:
            self._tries.popitem(last=False)
        return self._tries.setdefault(key, NameTrie(self.vocabulary, names, lead))


class GroundedLine:
    """Names that exist, token by token, on the line at a position.

    The caller cuts the last :attr:`healed` characters from the prompt; what is generated begins with them
    again, so that the model writes tokens of its own choosing instead of continuing half of one.

    Args:
        position: The place.
        masks: Tries under the engine's tokenizer.
        one_line: End at the first line break.
        ends: Ids of end-of-text tokens; they may come wherever a name may end.
    """

    def __init__(
        self, position: Position, masks: Masks, *, one_line: bool = True, ends: Sequence[int] = ()
    ) -> None:
        self.position = position
        self.masks = masks
        self.one_line = one_line
        self.ends = np.array(ends, dtype=np.int64)
        first = position.wanted()
        self.healed = len(first.prefix) if first.kind != "free" or first.prefix else 0
        """Characters of the statement that the model writes again."""
        self._prefix = position.statement[len(position.statement) - self.healed :]

    def allowed(self, generated: Sequence[int]) -> Ids | None:
        """The token ids that may follow; ``None`` where all may, empty where the line is complete."""
        text = self.masks.vocabulary.decode(list(generated)) if generated else ""
        if self.one_line and "\n" in text:
            return np.array([], dtype=np.int64)
        if len(text) < self.healed:
            return self._healing(text, generated)
        written = text[self.healed :]
        wanted = self.position.wanted(written)
        if wanted.kind == "keyword":
            return self._keyword(wanted)
        if wanted.closed and wanted.writable:
            return self._name(wanted, text, generated)
        return None if wanted.ends_with or wanted == TEXT else self._free()

    def _free(self) -> Ids:
        return np.concatenate([self.masks.vocabulary.free, self.ends])

    def _healing(self, text: str, generated: Sequence[int]) -> Ids:
        """Tokens that write the typed prefix again, and on from it."""
        wanted = self.position.wanted()
        if wanted.closed and wanted.writable:
            found = self._spelling(wanted, generated)
            if found is not None:
                return found
        rest = self._prefix[len(text) :]
        texts = self.masks.vocabulary.texts
        fits = [n for n, t in enumerate(texts) if t and (t.startswith(rest) or rest.startswith(t))]
        return np.array([n for n in fits if self._continues(texts[n] or "", rest)], dtype=np.int64)

    def _continues(self, token: str, rest: str) -> bool:
        return len(token) <= len(rest) or (token[len(rest)].isalnum() or token[len(rest)] == "_")

    def _spelling(self, wanted: Wanted, tokens: Sequence[int]) -> Ids | None:
        names = tuple(name for name in wanted.writable if name.startswith(wanted.prefix))
        ends = self.masks.vocabulary.terminators
        if wanted.ends_with:
            ends = self.masks.vocabulary.starting_with(wanted.ends_with)
        return self.masks.trie(names).following(tokens, np.concatenate([ends, self.ends])) if names else None

    def _name(self, wanted: Wanted, text: str, generated: Sequence[int]) -> Ids | None:
        """Tokens that go on with, or end, a name of a closed set."""
        start = len(text) - len(wanted.prefix)
        tokens = self._since(generated, start)
        everything = self._all(wanted)
        if tokens is not None:
            found = everything.following(tokens, self._ends(wanted))
            if found is not None:
                return found
        # The name began in the middle of a token: spell what is left of each name.
        left = tuple(name[len(wanted.prefix) :] for name in wanted.writable if name.startswith(wanted.prefix))
        trie = self.masks.trie(tuple(rest for rest in left if rest))
        found = trie.following([], self._ends(wanted)) if trie.count else self._ends(wanted)
        return np.concatenate([found, self._ends(wanted)]) if "" in left and found is not None else found

    def _all(self, wanted: Wanted) -> NameTrie:
        return self.masks.trie(wanted.writable)

    def _ends(self, wanted: Wanted) -> Ids:
        if wanted.ends_with:
            return self.masks.vocabulary.starting_with(wanted.ends_with)
        return np.concatenate([self.masks.vocabulary.terminators, self.ends])

    def _since(self, generated: Sequence[int], start: int) -> list[int] | None:
        """The tokens written from a character on; ``None`` where none begins there."""
        for count in range(len(generated) + 1):
            length = len(self.masks.vocabulary.decode(list(generated[: len(generated) - count])))
            if length == start or (start < 0 and length == 0):
                return list(generated[len(generated) - count :])
            if length < start:
                return None
        return None

    def _keyword(self, wanted: Wanted) -> Ids:
        """Anything, but no ``=`` after a word that the signature does not know."""
        if not wanted.closed or not wanted.prefix or wanted.prefix in wanted.writable:
            return self._free()
        return np.concatenate([self.masks.vocabulary.without_assignment, self.ends])
