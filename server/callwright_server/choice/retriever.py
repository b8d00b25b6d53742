"""The retriever: how well does each document of the catalogue fit an instruction?

A bundle's folder ``retriever/`` holds ``encoder.onnx``, ``tokenizer.json``, ``documents.jsonl``,
``index.safetensors`` (the documents' vectors and the domain prior), ``choice.json`` (the weights) and, where
feedback has taught something, ``bias.safetensors``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callwright_grounding.catalogue import CatalogueEntry
from callwright_server.choice.bias import CallBias
from callwright_server.choice.crowding import crowding
from callwright_server.choice.documents import Document, documents_of, load_documents, save_documents
from callwright_server.choice.domains import DomainPrior
from callwright_server.choice.encoder import Encoder, Vectors
from callwright_server.choice.fusion import Scores, weigh
from callwright_server.choice.languages import Foreign
from callwright_server.choice.words import WordSearch
from callwright_server.errors import BundleError

DOCUMENTS, INDEX = "documents.jsonl", "index.safetensors"
_WEIGHTS, _BIAS, _NAMES = "domain.weight", "domain.bias", "domains"

Encode = Callable[[str], Vectors]
"""Turns a text into one vector per encoder."""
Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Index:
    """What is known of the documents before any question comes."""

    documents: tuple[Document, ...]
    vectors: dict[str, Matrix]
    """By feature: ``[documents, width]``, rows of length 1."""
    domains: DomainPrior | None = None

    def save(self, folder: Path) -> None:
        """Write documents, vectors (16 bits) and domain prior."""
        from safetensors.numpy import save_file

        tensors: dict[str, NDArray[Any]] = {
            name: matrix.astype(np.float16) for name, matrix in self.vectors.items()
        }
        metadata = {}
        if self.domains:
            tensors |= {_WEIGHTS: self.domains.weights, _BIAS: self.domains.bias}
            metadata[_NAMES] = json.dumps(self.domains.names)
        save_documents(self.documents, folder / DOCUMENTS)
        save_file(tensors, folder / INDEX, metadata=metadata)
        (folder / INDEX).chmod(0o644)  # safetensors' own files are for the owner only

    @classmethod
    def load(cls, folder: Path) -> Index:
        """Read what :meth:`save` wrote.

        Raises:
            BundleError: A file is missing or damaged, or they do not belong together.
        """
        from safetensors import SafetensorError, safe_open

        documents = load_documents(folder / DOCUMENTS)
        try:
            with safe_open(folder / INDEX, framework="numpy") as file:
                tensors = {name: np.asarray(file.get_tensor(name), np.float32) for name in file.keys()}  # noqa: SIM118
                names = (file.metadata() or {}).get(_NAMES)
        except (OSError, SafetensorError, ValueError) as error:
            raise BundleError(f"{folder / INDEX}: cannot be read ({error})") from error
        weights, bias = tensors.pop(_WEIGHTS, None), tensors.pop(_BIAS, None)
        if any(len(matrix) != len(documents) for matrix in tensors.values()):
            raise BundleError(f"{folder / INDEX}: not made for the documents beside it")
        prior = None
        if names and weights is not None and bias is not None:
            prior = DomainPrior(tuple(json.loads(names)), weights, bias)
        return cls(documents, tensors, prior)

    def with_documents(self, documents: Sequence[Document], encode: Encode) -> Index:
        """The index and some documents more."""
        if not documents:
            return self
        fresh = encode_all((document.text for document in documents), encode)
        vectors = {name: np.concatenate([old, fresh[name]]) for name, old in self.vectors.items()}
        return Index((*self.documents, *documents), vectors, self.domains)


class Retriever:
    """Scores every document for an instruction.

    Args:
        index: The documents and their vectors.
        encode: Encodes instructions as the documents were encoded.
        weights: By feature.
        bias: What feedback has taught about calls.
    """

    def __init__(
        self, index: Index, encode: Encode, weights: Mapping[Any, float], bias: CallBias | None = None
    ) -> None:
        self.index, self.weights, self._encode = index, dict(weights), encode
        self._words = WordSearch([document.text for document in index.documents])
        self._examples = WordSearch([document.example for document in index.documents])
        self._foreign = Foreign(index.documents)
        self._crowding = self._crowds()
        names = list(dict.fromkeys(document.domain for document in index.documents))
        places = {name: number for number, name in enumerate(names)}
        self.groups = np.array([places[document.domain] for document in index.documents], np.int64)
        domains = [document.domain for document in index.documents]
        self._rows = index.domains.rows(domains) if index.domains else None
        self._bias = bias.of([document.call for document in index.documents]) if bias else None

    @classmethod
    def open(
        cls, folder: Path, entries: Iterable[CatalogueEntry], weights: Mapping[Any, float], threads: int = 1
    ) -> Retriever:
        """Open a bundle's retriever.

        Args:
            folder: The bundle's ``retriever``.
            entries: What can be chosen; what the index does not know is encoded now, which takes some 10 ms
                each.
            weights: By feature.
            threads: Threads of the encoder.

        Raises:
            BundleError: A file is missing or damaged.
        """
        index, encoder = Index.load(folder), Encoder(folder, threads)
        known = {document.call for document in index.documents}
        missing = documents_of(entry for entry in entries if entry.text not in known)
        return cls(index.with_documents(missing, encoder), encoder, weights, CallBias.load(folder))

    def features(self, instruction: str) -> dict[str, Scores]:
        """Every feature that is there, ``[documents]`` each."""
        vectors = self._encode(instruction)
        features = {name: matrix @ vectors[name] for name, matrix in self.index.vectors.items()}
        features["words"] = self._words(instruction)
        features["example_words"] = self._examples(instruction)
        features["foreign"] = self._foreign(instruction)
        features["crowding"] = self._crowding
        if self.index.domains is not None and self._rows is not None:
            features["domain"] = self.index.domains.for_documents(vectors["similarity"], self._rows)
        if self._bias is not None:
            features["bias"] = self._bias
        return features

    def _crowds(self) -> Scores:
        calls = [document.call for document in self.index.documents]
        if not self.weights.get("crowding"):
            return np.zeros(len(calls), np.float32)
        return crowding(self.index.vectors, self.weights, calls)

    def scores(self, features: Mapping[str, Scores]) -> Scores:
        """The features' weighed sum."""
        return weigh(features, self.weights)


def encode_all(texts: Iterable[str], encode: Encode) -> dict[str, Matrix]:
    """The vectors of many texts, one row each."""
    rows = [encode(text) for text in texts]
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}
