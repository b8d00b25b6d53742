"""Which of the measured bundles to use on this machine."""

from __future__ import annotations

from collections.abc import Sequence

from callwright_server.bundle import Manifest
from callwright_server.engine.measure import Measurement

COMFORTABLE_MS = 300
"""A suggestion that takes longer than this comes after the next keystroke."""


def recommended(measured: Sequence[tuple[Manifest, Measurement]]) -> tuple[str, str]:
    """The bundle to use, and why, in words.

    Tuned bundles come before untuned ones; among those that are quick enough the one that agrees best with
    its original model wins, and where none is quick enough the quickest.

    Args:
        measured: At least one bundle.
    """
    tuned = [pair for pair in measured if pair[0].adapter] or list(measured)
    quick = [pair for pair in tuned if pair[1].call_ms <= COMFORTABLE_MS]
    if not quick:
        _, row = min(tuned, key=lambda pair: pair[1].call_ms)
        return row.name, f"the quickest, though a call takes {row.call_ms:.0f} ms"
    manifest, row = max(quick, key=lambda pair: (pair[0].parity.agreement, -pair[1].call_ms))
    return row.name, f"a call takes {row.call_ms:.0f} ms and agreement is {manifest.parity.agreement:.1%}"
