"""How the engine uses the machine."""

from __future__ import annotations

from pydantic import ConfigDict, NonNegativeInt, PositiveInt
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(extra="forbid", use_attribute_docstrings=True)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class EngineSettings:
    """How the engine uses the machine."""

    threads: NonNegativeInt = 0
    """Threads for one inference; 0 takes two where the machine has two cores or more, else one."""
    allow_spinning: bool = False
    """Let threads wait busily between operators: a little quicker on an idle machine, and a core burnt on any
    other.
    """
    context: PositiveInt = 1024
    """Room for prompt and continuation together, in tokens; the model's own limit caps it."""
    cached_prefixes: NonNegativeInt = 64
    """Documents whose keys and values are kept for scoring, least recently used first out; 0 keeps none."""
