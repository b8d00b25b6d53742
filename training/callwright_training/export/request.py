"""What is to be exported, and the fingerprint that tells whether it has been already."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from callwright_grounding.catalogue import Catalogue
from callwright_server import __version__
from callwright_server.bundle import FORMAT_VERSION, Quantization
from callwright_server.prompt import PROMPT_VERSION
from callwright_training.export.merge import adapter_hash
from callwright_training.export.parity import LEAST_AGREEMENT

_GRAPH_VERSION = 2
"""Rises where the same model is written as another graph: 2 keeps keys and values in 8 bits."""


@dataclass(frozen=True, slots=True)
class CatalogueSource:
    """A catalogue that is read only when a bundle is really built."""

    words: str
    """Where it comes from, in words, for the manifest."""
    fingerprint: str
    """Changes when the catalogue would; cheap to compute."""
    load: Callable[[], Catalogue]
    """Reads it."""


class Extra(Protocol):
    """Something that is built into a bundle beside the model, such as the retriever."""

    fingerprint: str
    """Changes when the result would."""

    def build(self, folder: Path, catalogue: Catalogue, step: Callable[[str, float], None]) -> None:
        """Write files somewhere below the bundle's folder; they are checksummed with all others.

        Args:
            folder: The bundle's folder while it is made.
            catalogue: The catalogue that lies in it.
            step: Reports progress: what, and the share of this extra that is done.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class ExportRequest:
    """What is to be exported, and where to."""

    base: str
    """Name, folder or hub id of the base model."""
    adapter: Path | None = None
    """Folder of the adapter; ``None`` exports the base as it is."""
    catalogue: CatalogueSource
    """The API calls that the bundle knows."""
    out: Path
    """The bundle's folder; replaced where it exists."""
    name: str
    """The bundle's name."""
    quantization: Quantization = "int8"
    """How the weights are stored."""
    least_agreement: float | None = None
    """Agreement with torch below which the bundle is refused; ``None`` takes the quantization's own."""
    extras: Sequence[Extra] = ()
    """What else goes into the bundle."""

    @property
    def threshold(self) -> float:
        """The agreement that is asked for."""
        return LEAST_AGREEMENT[self.quantization] if self.least_agreement is None else self.least_agreement

    def fingerprint(self) -> str:
        """SHA-256 of everything that decides what the bundle will be."""
        parts = {
            "versions": [__version__, FORMAT_VERSION, PROMPT_VERSION, _GRAPH_VERSION],
            "base": self.base,
            "adapter": adapter_hash(self.adapter),
            "quantization": self.quantization,
            "catalogue": self.catalogue.fingerprint,
            "extras": [extra.fingerprint for extra in self.extras],
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
