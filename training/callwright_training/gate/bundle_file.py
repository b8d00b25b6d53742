"""The gate that lies with an adapter, as a part of the bundle that is made from it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from callwright_grounding.catalogue import Catalogue
from callwright_server.gate import GATE, Gate


class GateFile:
    """Copies an adapter's ``gate.json``; an extra of :class:`callwright_training.export.ExportRequest`.

    Args:
        adapter: The adapter's folder; it need not have a gate, and ``None`` has none.
    """

    def __init__(self, adapter: Path | None) -> None:
        own = adapter / GATE if adapter is not None else None
        self.adapter = adapter if own is not None and own.is_file() else None
        self.fingerprint = hashlib.sha256(own.read_bytes()).hexdigest() if own and self.adapter else ""

    def build(self, folder: Path, catalogue: Catalogue, step: Callable[[str, float], None]) -> None:
        """Write the file, where the adapter has one.

        Raises:
            BundleError: What the adapter has is none.
        """
        if self.adapter is not None:
            step("copying the gate", 0.0)
            Gate.load(self.adapter).save(folder)
