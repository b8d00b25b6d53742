"""A tiny retriever over the shared catalogue: random encoders, written and opened as bundles have them."""

from pathlib import Path

import pytest

from callwright_grounding.catalogue import Catalogue, CatalogueEntry
from callwright_server.choice import ChoiceSettings
from callwright_server.choice.retriever import Retriever
from callwright_training.choice.bundle_files import RetrieverFiles


@pytest.fixture(scope="session")
def sea_catalogue() -> Catalogue:
    """Twelve calls in four domains; one of them is described twice."""
    domains = ("Harbour Tides", "Harbour Ships", "Sky Gulls", "Sky Weather")
    entries = [
        CatalogueEntry(
            name=f"org/{domain.split()[1].lower()}-{size}",
            call=f"load('org/{domain.split()[1].lower()}-{size}')",
            domain=domain,
            description=f"A {size} model that knows {domain.split()[1].lower()}.",
        )
        for domain in domains
        for size in ("small", "large", "huge")
    ]
    again = CatalogueEntry(
        name="org/tides-small", call=entries[0].call, domain=domains[0], description="When is high water?"
    )
    return Catalogue([*entries, again])


@pytest.fixture(scope="session")
def retriever_folder(tmp_path_factory: pytest.TempPathFactory, sea_catalogue: Catalogue) -> Path:
    """``retriever/`` of a bundle, in 32 bits; do not change its files."""
    folder = tmp_path_factory.mktemp("bundle")
    RetrieverFiles(None, "tiny", quantized=False).build(folder, sea_catalogue, lambda what, done: None)
    return folder / "retriever"


@pytest.fixture(scope="session")
def retriever(retriever_folder: Path, sea_catalogue: Catalogue) -> Retriever:
    """It, opened as the server does."""
    weights = ChoiceSettings.load(retriever_folder).retrieval
    return Retriever.open(retriever_folder, sea_catalogue, weights)
