"""A catalogue from what is installed: ids that transformers, diffusers, sentence-transformers, timm name.

Their source files are read as text, never imported and never run. An id counts only where it stands in a
call in a documented example, or in a registry (a pipeline's default model, a configuration's checkpoint,
timm's weights); names that stand for something to be filled in are left out. Nobody is asked whether an id
is still on the hub.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

from callwright_grounding.catalogue.catalogue import Catalogue
from callwright_grounding.catalogue.entry import CatalogueEntry
from callwright_grounding.catalogue.harvest_examples import example_entries
from callwright_grounding.catalogue.harvest_heads import has_untrained_head
from callwright_grounding.catalogue.harvest_registries import (
    checkpoint_entries,
    pipeline_entries,
    timm_entries,
)
from callwright_grounding.catalogue.harvest_source import Library, find_library

_HARVESTERS: dict[str, tuple[Callable[[Library], Iterable[CatalogueEntry]], ...]] = {
    "transformers": (pipeline_entries, example_entries, checkpoint_entries),
    "sentence_transformers": (example_entries,),
    "diffusers": (example_entries,),
    "timm": (timm_entries,),
}


def harvest(site_packages: Iterable[Path]) -> Catalogue:
    """Collect the calls with real ids that installed libraries document.

    Args:
        site_packages: Folders that packages are installed in; of a package in several, the first counts.

    Returns:
        The catalogue, in an order that depends only on the libraries' versions; empty where none is
        installed.
    """
    return Catalogue(_entries(list(site_packages)))


def harvester_version() -> str:
    """Changes with the code that harvests: what an older one found is out of date."""
    files = sorted(Path(__file__).parent.glob("harvest*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def _entries(folders: list[Path]) -> Iterator[CatalogueEntry]:
    """All entries; a bare model counts only where nothing more useful is known of its id."""
    bare: list[CatalogueEntry] = []
    named: set[str] = set()
    for package, harvesters in _HARVESTERS.items():
        if library := find_library(package, folders):
            for entry in chain.from_iterable(harvester(library) for harvester in harvesters):
                if has_untrained_head(entry):
                    continue
                if package == "transformers" and entry.domain.endswith("Feature Extraction"):
                    bare.append(entry)
                else:
                    named.add(entry.name)
                    yield entry
    for entry in bare:
        if entry.name not in named:
            named.add(entry.name)
            yield entry
