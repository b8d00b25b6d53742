"""Fixtures that several areas share: tiny real bundles, made on the spot once per session."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from callwright_grounding.catalogue import Catalogue, CatalogueEntry
from callwright_server.bundle import Bundle, Quantization

if TYPE_CHECKING:
    from callwright_training.execution.environment import Environment

# A busy machine must not fail a property for being slow.
hypothesis.settings.register_profile("callwright", deadline=None)
hypothesis.settings.load_profile("callwright")

IMPORTS = {
    "pipeline": "from transformers import pipeline",
    "AutoModel": "from transformers import AutoModel",
    "SentenceTransformer": "from sentence_transformers import SentenceTransformer",
}
CALLS = {  # call: domain
    "pipeline('fill-mask', model='org/base-uncased')": "Natural Language Processing Fill-Mask",
    "pipeline('text-classification', model='org/base-uncased')": "Text Classification",
    "pipeline('image-classification', model='org/large-patch16-224')": "Computer Vision Image Classification",
    "AutoModel.from_pretrained('org/small-model')": "Multimodal Feature Extraction",
    "SentenceTransformer('org/sentence-model')": "Natural Language Processing Sentence Similarity",
}


@pytest.fixture(scope="session")
def small_catalogue() -> Catalogue:
    """Five API calls in five domains."""
    return Catalogue(
        CatalogueEntry(
            name=call.split("'")[-2],
            call=call,
            domain=domain,
            description=domain.lower(),
            imports=(IMPORTS[re.split(r"\W", call)[0]],),
        )
        for call, domain in CALLS.items()
    )


@pytest.fixture(scope="session")
def tiny_bundle_of(
    tmp_path_factory: pytest.TempPathFactory, small_catalogue: Catalogue
) -> Callable[[str, Quantization], Bundle]:
    """Exports ``tiny`` (Llama) or ``tiny-gpt2``: 0.2 million random parameters; do not change the files."""
    folder = tmp_path_factory.mktemp("bundles")

    @cache
    def export(base: str, quantization: Quantization) -> Bundle:
        from callwright_training.export import CatalogueSource, ExportRequest, export_bundle

        source = CatalogueSource("five calls of the tests", small_catalogue.version, lambda: small_catalogue)
        name = f"{base}-{quantization}"
        request = ExportRequest(
            base=base, catalogue=source, out=folder / name, name=name, quantization=quantization
        )
        return export_bundle(request, lambda what, done: None)

    return export


@pytest.fixture(scope="session")
def tiny_bundle(tiny_bundle_of: Callable[[str, Quantization], Bundle]) -> Bundle:
    """A tiny Llama in int8, as `rlaif-train export` writes it; do not change its files."""
    return tiny_bundle_of("tiny", "int8")


@pytest.fixture
def bare_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Environment]:
    """Makes environments for scripts: the running interpreter, nothing imported beforehand, an empty hub."""
    from callwright_training.execution import environment as environments

    def make(name: str) -> Environment:
        folder = tmp_path / "home" / "environments" / name
        (folder / "hub").mkdir(parents=True)
        (folder / environments.PREPARED).write_text("{}")
        (folder / "hub" / "index.json").write_text(json.dumps({"repositories": {}}))
        monkeypatch.setenv("CALLWRIGHT_HOME", str(tmp_path / "home"))
        monkeypatch.setattr(environments, "LIBRARIES", ())
        return environments.Environment.find(name)

    return make
