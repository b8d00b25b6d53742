"""The folder ``retriever/`` of a bundle: encoders, documents' vectors, domain prior, calls' bias and weights.

No question of any record gets into it: of the training questions there is nothing but the adapter and the
prior's coefficients.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from callwright_grounding.catalogue import Catalogue
from callwright_server.bundle import RETRIEVER
from callwright_server.choice.bias import CallBias
from callwright_server.choice.documents import documents_of
from callwright_server.choice.encoder import ENCODER, TOKENIZER
from callwright_server.choice.fusion import SETTINGS, ChoiceSettings
from callwright_server.choice.retriever import Index
from callwright_training.choice.domain_prior import load_prior, prior_for
from callwright_training.choice.encoder_graph import write_encoders
from callwright_training.choice.encoders import (
    MINILM,
    EncoderBase,
    encode_texts,
    load_encoder,
    native_half,
    with_adapter,
)
from callwright_training.choice.served import encoder_name
from callwright_training.choice.weights import UNTUNED
from callwright_training.errors import ExportError

ADAPTER = "adapter_model.safetensors"
_LAYOUT = 2
"""Raised when the same inputs give other files."""


class RetrieverFiles:
    """Builds a bundle's retriever; an extra of :class:`callwright_training.export.ExportRequest`.

    Args:
        adapter: Folder that ``rlaif-train choice`` wrote as ``retriever``; ``None`` takes the untouched
            encoder alone.
        encoder: The untouched encoder.
        quantized: Store the encoders in 8 bits.
    """

    def __init__(self, adapter: Path | None, encoder: str = MINILM, *, quantized: bool = True) -> None:
        self.adapter, self.encoder, self.quantized = adapter, encoder, quantized
        parts = {"layout": _LAYOUT, "encoder": encoder, "quantized": quantized, "adapter": _digest(adapter)}
        self.fingerprint = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def build(self, folder: Path, catalogue: Catalogue, step: Callable[[str, float], None]) -> None:
        """Write the files.

        Raises:
            BaseModelError: The encoder cannot be had, or the adapter does not fit it.
            ExportError: The catalogue is empty.
        """
        if not len(catalogue):
            raise ExportError("the catalogue is empty: there is nothing to retrieve")
        place = folder / RETRIEVER
        place.mkdir()
        step("loading the retriever's encoder", 0.0)
        base = load_encoder(self.encoder)
        models: dict[str, Any] = {"similarity": base.model}
        if self.adapter is not None:
            models["tuned_similarity"] = with_adapter(base, self.adapter)
        write_encoders(models, place / ENCODER, quantized=self.quantized)
        base.tokenizer.save(str(place / TOKENIZER))
        step("encoding the catalogue", 0.2)
        self._index(catalogue, base, models).save(place)
        self._settings().save(place)
        if self.adapter is not None and (bias := CallBias.load(self.adapter)) is not None:
            bias.save(place)

    def _index(self, catalogue: Catalogue, base: EncoderBase, models: dict[str, Any]) -> Index:
        documents = documents_of([*catalogue.entries, *catalogue.variants])
        texts = [document.text for document in documents]
        half = native_half()
        vectors = {
            name: encode_texts(model, base.tokenizer, texts, half=half) for name, model in models.items()
        }
        trained = load_prior(self.adapter) if self.adapter else None
        domains = [document.domain for document in documents]
        return Index(documents, vectors, prior_for(domains, vectors["similarity"], trained))

    def _settings(self) -> ChoiceSettings:
        if self.adapter is not None and (self.adapter / SETTINGS).is_file():
            return ChoiceSettings.load(self.adapter)
        return UNTUNED


def retriever_files(adapter: Path | None) -> RetrieverFiles:
    """The extra for a language model's adapter: its folder ``retriever``, or the untouched encoder.

    Args:
        adapter: The language model's adapter; ``None`` for an untuned base.
    """
    own = adapter / RETRIEVER if adapter is not None else None
    if own is None or not (own / ADAPTER).is_file():
        return RetrieverFiles(None)
    return RetrieverFiles(own, encoder_name(own))


def _digest(folder: Path | None) -> str:
    if folder is None:
        return ""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix in (".json", ".safetensors"):
            digest.update(hashlib.sha256(path.name.encode() + path.read_bytes()).digest())
    return digest.hexdigest()
