"""Which human languages a text is about, by their names and by the codes in models' names.

A model for French answers a question about French; a question that names no language wants none of them in
particular, which for models means English or many.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from callwright_server.choice.documents import Document

_NAMES = {
    "arabic": "ar",
    "bengali": "bn",
    "catalan": "ca",
    "chinese": "zh",
    "czech": "cs",
    "danish": "da",
    "dutch": "nl",
    "finnish": "fi",
    "french": "fr",
    "german": "de",
    "greek": "el",
    "hebrew": "he",
    "hindi": "hi",
    "hokkien": "nan",
    "hungarian": "hu",
    "indonesian": "id",
    "italian": "it",
    "japanese": "ja",
    "korean": "ko",
    "mandarin": "zh",
    "norwegian": "no",
    "persian": "fa",
    "polish": "pl",
    "portuguese": "pt",
    "romanian": "ro",
    "russian": "ru",
    "spanish": "es",
    "swedish": "sv",
    "tamil": "ta",
    "telugu": "te",
    "thai": "th",
    "turkish": "tr",
    "ukrainian": "uk",
    "urdu": "ur",
    "vietnamese": "vi",
}
_CODES = frozenset(_NAMES.values()) - {"id", "no", "he", "it"}
"""Codes that are no English words of their own."""
_FAMILIES = {
    "arabert": "ar",
    "bertimbau": "pt",
    "bertje": "nl",
    "camembert": "fr",
    "flaubert": "fr",
    "gbert": "de",
    "gottbert": "de",
    "herbert": "pl",
    "phobert": "vi",
    "robbert": "nl",
    "rubert": "ru",
}
"""Families of models that speak one language, as their names spell them."""
_WORD = re.compile(r"[a-z]+")
_MANY = 3


def languages_in(text: str) -> frozenset[str]:
    """Codes of the languages that a text names; English counts as none."""
    return frozenset(_NAMES[word] for word in _WORD.findall(text.lower()) if word in _NAMES)


def languages_of(name: str, text: str) -> frozenset[str]:
    """Codes of the languages that a model is for.

    Args:
        name: Its name, where codes count: ``Helsinki-NLP/opus-mt-fr-en``.
        text: What is said of it.
    """
    parts = _WORD.findall(name.rpartition("/")[2].lower())
    coded = {part for part in parts if part in _CODES} | {
        _FAMILIES[part] for part in parts if part in _FAMILIES
    }
    return languages_in(f"{name} {text}") | coded


class Foreign:
    """Tells which documents are for languages that an instruction does not name.

    Args:
        documents: The documents; one that names several languages is taken to be for all.
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        named = [languages_of(one.name, f"{one.functionality} {one.description}") for one in documents]
        self._languages = {index: found for index, found in enumerate(named) if 0 < len(found) < _MANY}
        self._size = len(documents)

    def __call__(self, instruction: str) -> NDArray[np.float32]:
        """1 for documents of other languages, 0 for the rest."""
        asked = languages_in(instruction)
        scores = np.zeros(self._size, np.float32)
        scores[[index for index, found in self._languages.items() if not found & asked]] = 1
        return scores
