"""Whether a suggestion is good enough to be shown unasked: thresholds, kept in a bundle as ``gate.json``.

They belong to the model: ``rlaif-train gate`` fits them on code and questions that it has not learned from. A
bundle without the file has the defaults below.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from callwright_server.json_file import read_json

GATE = "gate.json"

LineKind = Literal["import", "member", "argument", "other"]
"""Where the model goes on with a line: in an import, behind a dot, between brackets, elsewhere."""
LINE_KINDS: tuple[LineKind, ...] = ("import", "member", "argument", "other")

_WHERE: dict[LineKind, str] = {
    "import": "in an import",
    "member": "behind a dot",
    "argument": "between brackets",
    "other": "here",
}
_STRICT = ConfigDict(extra="forbid", use_attribute_docstrings=True, frozen=True)


class LineThreshold(BaseModel):
    """How sure the model must be of a line of its own."""

    model_config = _STRICT

    least_probability: float = Field(default=0.6, ge=0, le=1)
    """The tokens' mean probability (geometric), before any mask; 1 shows none."""
    least_margin: float | None = None
    """Nats by which every token must be ahead of the likeliest other one, masked or not; ``None``: any."""

    def doubt(self, kind: LineKind, probability: float, margin: float) -> str:
        """Why a line is not shown, in words; empty where it is.

        Args:
            kind: Where it stands.
            probability: The tokens' mean probability.
            margin: By how much the least sure token is ahead; negative where the model wanted another.
        """
        missed = []
        if probability < self.least_probability or self.least_probability == 1:
            missed.append(f"{probability:.2f} sure, wanted {self.least_probability:.2f}")
        if self.least_margin is not None and margin < self.least_margin:
            missed.append(f"ahead by {margin:.1f}, wanted {self.least_margin:.1f}")
        where = _WHERE[kind]
        return f"1 candidate below the threshold {where} ({'; '.join(missed)})" if missed else ""


class CallThreshold(BaseModel):
    """How well a whole call must fit an instruction."""

    model_config = _STRICT

    least_score: float | None = None
    """The retriever's weighed sum; ``None`` takes what the retriever's own settings say."""
    least_share: float | None = Field(default=None, ge=0, le=1)
    """Its share of the shortlist's probability: how far it is ahead; ``None`` as above."""


class Gate(BaseModel):
    """When something is shown unasked; the file ``gate.json``."""

    model_config = _STRICT

    version: Literal[1] = 1
    """Version of this file's fields."""
    call: CallThreshold = CallThreshold()
    """For calls of the catalogue."""
    line: dict[LineKind, LineThreshold] = Field(default_factory=dict)
    """For the model's own lines, by place; what is not named has the defaults."""
    fitted: dict[str, Any] = Field(default_factory=dict)
    """What the thresholds were fitted to, and what they did on other code."""

    def of_line(self, kind: LineKind) -> LineThreshold:
        """The threshold for a line of the model's own."""
        return self.line.get(kind, LineThreshold())

    def save(self, folder: Path) -> Path:
        """Write the file into a folder."""
        path = folder / GATE
        path.write_text(self.model_dump_json(indent=2) + "\n", encoding="utf-8")
        return path

    @classmethod
    def load(cls, folder: Path) -> Gate:
        """Read a folder's file; the defaults where there is none.

        Raises:
            BundleError: It cannot be read, or says something unknown.
        """
        path = folder / GATE
        return read_json(cls, path) if path.exists() else cls()
