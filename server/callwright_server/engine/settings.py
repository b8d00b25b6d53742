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
    """Let threads wait busily: a little quicker on an idle machine, and a core burnt on any other."""
    context: PositiveInt = 1024
    """Room for prompt and continuation together, in tokens; the model's own limit caps it."""
    slots: PositiveInt = 2
    """Texts whose keys and values are kept between requests, so that only what changed is read again."""
    prefix_cache_megabytes: NonNegativeInt = 64
    """Memory for the keys and values of documents that are scored again and again; 0 keeps none."""
    draft: NonNegativeInt = 6
    """Tokens that are guessed from the text and checked in one pass, at most; 0 guesses none."""
    chunk: PositiveInt = 64
    """Tokens that are read at a time; the stop flag is looked at in between."""
