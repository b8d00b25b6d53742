"""The bundle format: what the server needs of a model, in one folder, checked before it is used."""

from callwright_server.bundle.bundle import (
    CATALOGUE,
    MODEL,
    RETRIEVER,
    TOKENIZER,
    WEIGHTS,
    Bundle,
    describe_file,
)
from callwright_server.bundle.installed import (
    DEFAULT_BUNDLE,
    bundles_folder,
    callwright_home,
    find_bundle,
    installed_bundles,
)
from callwright_server.bundle.manifest import (
    FORMAT_VERSION,
    MANIFEST,
    Architecture,
    FileRecord,
    Manifest,
    Parity,
    Quantization,
)

__all__ = [
    "CATALOGUE",
    "DEFAULT_BUNDLE",
    "FORMAT_VERSION",
    "MANIFEST",
    "MODEL",
    "RETRIEVER",
    "TOKENIZER",
    "WEIGHTS",
    "Architecture",
    "Bundle",
    "FileRecord",
    "Manifest",
    "Parity",
    "Quantization",
    "bundles_folder",
    "callwright_home",
    "describe_file",
    "find_bundle",
    "installed_bundles",
]
