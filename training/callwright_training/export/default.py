"""The default bundle: the adapter that comes with this package, on the base it was tuned from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import callwright_training
from callwright_server.bundle import DEFAULT_BUNDLE, bundles_folder
from callwright_training.errors import ExportError
from callwright_training.export.catalogues import default_catalogue
from callwright_training.export.merge import ADAPTER_WEIGHTS
from callwright_training.export.request import CatalogueSource, ExportRequest, Extra

DEFAULT_BASE = "smollm2-135m"
DEFAULT_ADAPTER = Path(callwright_training.__file__).parent / "adapters" / "default"


def default_request(catalogue: CatalogueSource | None = None) -> ExportRequest:
    """What the default bundle is made from.

    Raises:
        ExportError: This installation has no tuned adapter; an untuned model is not served in its place.
    """
    if not (DEFAULT_ADAPTER / ADAPTER_WEIGHTS).is_file():
        raise ExportError(
            "This installation has no tuned adapter (callwright_training/adapters/default). Tune one with "
            "`rlaif-train sft` and export it with `--adapter DIR --name default`, or knowingly export the "
            f"untuned base with `rlaif-train export --base {DEFAULT_BASE} --name default`."
        )
    return ExportRequest(
        base=DEFAULT_BASE,
        adapter=DEFAULT_ADAPTER,
        catalogue=catalogue or default_catalogue(),
        out=bundles_folder() / DEFAULT_BUNDLE,
        name=DEFAULT_BUNDLE,
        extras=standard_extras(DEFAULT_ADAPTER),
    )


def standard_extras(adapter: Path | None) -> Sequence[Extra]:
    """What every bundle gets beside its model; the one list to add to.

    Args:
        adapter: The adapter's folder, which may hold what belongs to it; ``None`` for an untuned base.
    """
    from callwright_training.choice.bundle_files import retriever_files
    from callwright_training.gate.bundle_file import GateFile

    return (retriever_files(adapter), GateFile(adapter))
