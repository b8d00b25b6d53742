"""Masks over a tokenizer's vocabulary that leave only names that exist."""

from callwright_grounding.masks.constraint import GroundedLine, Masks
from callwright_grounding.masks.tries import NameTrie
from callwright_grounding.masks.vocabulary import Vocabulary

__all__ = ["GroundedLine", "Masks", "NameTrie", "Vocabulary"]
