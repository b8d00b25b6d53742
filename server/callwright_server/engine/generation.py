"""What the engine returns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FinishReason(StrEnum):
    """Why a generation ended."""

    END = "end"
    """The model ended the text, or the constraint had nothing to add."""
    LENGTH = "length"
    """The number of tokens asked for is reached, or the context is full."""
    STOPPED = "stopped"
    """The caller's stop flag was raised."""
    DEADLINE = "deadline"
    """The time is up; the text so far is returned."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One continuation of a prompt."""

    text: str
    """The continuation, without the prompt and without the end-of-text token."""
    tokens: tuple[int, ...]
    """Token ids, end-of-text excluded."""
    log_probs: tuple[float, ...]
    """Natural log-probability of each token before any constraint; as many as there are tokens."""
    finish: FinishReason
    """Why it ended."""
    prompt_tokens: int
    """Tokens in the prompt."""
    reused_tokens: int
    """How many of them were still in the cache from an earlier request."""
    forced_tokens: int = 0
    """Tokens that the constraint left no choice about and that cost no step of the model."""
    drafted_tokens: int = 0
    """Tokens that were guessed from the text, confirmed by the model and cost no step of their own."""
    margins: tuple[float, ...] = ()
    """Nats by which each token was ahead of the likeliest other one, before any constraint: negative where
    the model wanted another; as many as there are tokens."""
