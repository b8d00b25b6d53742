"""One answer to one record: what systems produce and scoring takes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from callwright_grounding.catalogue import Catalogue
from callwright_training.metrics import Answer, Case
from callwright_training.records import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A record and one answer to it."""

    record: Record
    answer: Answer
    sample: int = 0
    """Which of several answers to the same record."""
    ms: float | None = None
    """Wall time the answer took, in milliseconds; ``None`` where it was not ours to measure."""

    def case(self, catalogue: Catalogue) -> Case:
        """The item as metrics read it."""
        return Case(
            answer=self.answer,
            catalogue=catalogue,
            reference_call=self.record.call,
            reference_domain=self.record.domain,
            reference_domain_raw=self.record.domain_raw,
            reference_code=self.record.code,
        )


def digest(*parts: Any) -> str:
    """The first 16 hex digits of the SHA-256 of some JSON values: equal content has an equal key."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]
