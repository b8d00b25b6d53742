"""One greedy continuation, token by token."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from callwright_server.engine.constraint import Constraint
from callwright_server.engine.drafting import Drafter
from callwright_server.engine.generation import FinishReason
from callwright_server.engine.graph import Logits
from callwright_server.engine.slots import Slot

Stop = Callable[[], bool]


class Interrupted(Exception):  # noqa: N818 - not an error: the caller asked for it
    """The stop flag was raised or the time is up; ``reason`` says which."""

    def __init__(self, reason: FinishReason) -> None:
        super().__init__(reason)
        self.reason = reason


def check(stop: Stop, deadline: float | None = None) -> None:
    """Raise :class:`Interrupted` where the work is not wanted any more."""
    if stop():
        raise Interrupted(FinishReason.STOPPED)
    if deadline is not None and time.monotonic() >= deadline:
        raise Interrupted(FinishReason.DEADLINE)


class Decoding:
    """The state of one continuation.

    Tokens that the constraint leaves no choice about wait in ``_unread`` until a choice needs the model's
    opinion; then they are read in one pass, which also yields their own log-probabilities. Guessed tokens are
    read in the same pass; they wait in ``_ahead`` until the model's choice confirms or drops them.

    Args:
        slot: Has read all of the prompt but ``unread``.
        unread: The prompt's tokens that are not read yet; at least one.
        ends: Token ids that end a text.
        constraint: What may follow.
        drafter: Guesses tokens; knows the prompt.
        chunk: Tokens read at a time.
        check: Raises :class:`Interrupted`; called before every pass.
    """

    def __init__(
        self,
        slot: Slot,
        unread: Sequence[int],
        *,
        ends: frozenset[int],
        constraint: Constraint | None,
        drafter: Drafter,
        chunk: int,
        check: Callable[[], None],
    ) -> None:
        self._slot, self._ends, self._constraint, self._drafter = slot, ends, constraint, drafter
        self._chunk, self._check = chunk, check
        self._unread = list(unread)
        self._logits = np.zeros(0, np.float32)  # of the next token; valid while nothing is unread
        self._ahead: deque[tuple[int, NDArray[np.float32]]] = deque()  # a guess, and the logits after it
        self.tokens: list[int] = []
        self.log_probs: list[float] = []
        self.margins: list[float] = []
        self.forced = self.drafted = 0

    def run(self, max_tokens: int) -> FinishReason:
        """Decode to the end; whatever was found before an interruption is kept."""
        try:
            reason = self._decode(min(max_tokens, self._slot.room - len(self._unread)))
            if len(self.log_probs) < len(self.tokens):  # forced tokens at the end
                self._read(guess=False)
        except Interrupted as interrupted:
            reason = interrupted.reason
        missing = [math.nan] * (len(self.tokens) - len(self.log_probs))
        self.log_probs += missing
        self.margins += missing
        return reason

    def _decode(self, max_tokens: int) -> FinishReason:
        while len(self.tokens) < max_tokens:
            allowed = self._constraint.allowed(self.tokens) if self._constraint else None
            if allowed is not None and len(allowed) == 0:
                return FinishReason.END
            if allowed is not None and len(allowed) == 1:
                token = int(allowed[0])
                self.forced += 1
            else:
                self._check()
                self._read()
                token = self._choose(allowed)
            if token in self._ends:
                return FinishReason.END
            self._append(token)
        return FinishReason.LENGTH

    def _choose(self, allowed: Sequence[int] | None) -> int:
        if allowed is None:
            return int(self._logits.argmax())
        ids = np.asarray(allowed)
        return int(ids[self._logits[ids].argmax()])

    def _append(self, token: int) -> None:
        if not self._unread:
            self._judge(self._logits[None], [token])
        self.tokens.append(token)
        self._drafter.add(token)
        if self._ahead and self._ahead[0][0] == token:
            self._logits = self._ahead.popleft()[1]
            self.drafted += 1
        else:
            self._slot.rewind(len(self._slot.tokens) - len(self._ahead))
            self._ahead.clear()
            self._unread.append(token)

    def _read(self, *, guess: bool = True) -> None:
        """Read what is unread; afterwards ``_logits`` is the distribution of the next token."""
        waiting = self._unread
        first = len(waiting) - (len(self.tokens) - len(self.log_probs)) - 1
        for start in range(0, len(waiting), self._chunk):
            self._check()
            part = waiting[start : start + self._chunk]
            end = start + len(part)
            guessed = self._guess(len(part)) if guess and end == len(waiting) else []
            rows = min(max(end - first, 1), len(part))
            logits = self._slot.read([*part, *guessed], rows + len(guessed))
            self._unread = waiting[end:]
            places = range(max(first, end - rows), min(end, len(waiting) - 1))
            following = [waiting[place + 1] for place in places]
            self._judge(logits[rows - (end - places.start) :], following)
            self._logits = logits[rows - 1]
            self._ahead.extend(zip(guessed, logits[rows:], strict=True))

    def _judge(self, logits: Logits, tokens: Sequence[int]) -> None:
        """Note how likely tokens were, one per row of the logits before them."""
        self.log_probs += token_log_probs(logits, tokens)
        self.margins += token_margins(logits, tokens)

    def _guess(self, due: int) -> list[int]:
        """Guessed tokens for which there is room behind the ``due`` ones."""
        return self._drafter.propose(self.drafted)[: max(0, self._slot.room - due)]


def token_log_probs(logits: Logits, tokens: Sequence[int]) -> list[float]:
    """Log-probability of one token per row; rows without a token are left out."""
    if not tokens:
        return []
    rows = logits[: len(tokens)]
    return [float(value) for value in rows[np.arange(len(tokens)), tokens] - log_sum_exp(rows)]


def token_margins(logits: Logits, tokens: Sequence[int]) -> list[float]:
    """How far one token per row is ahead of the likeliest other one, in nats."""
    margins = []
    for row, token in zip(logits, tokens, strict=False):
        others = max(row[:token].max(initial=-math.inf), row[token + 1 :].max(initial=-math.inf))
        margins.append(float(row[token] - others))
    return margins


def log_sum_exp(logits: Logits) -> NDArray[np.float32]:
    """The logarithm of the sum of exponentials of each row."""
    highest = logits.max(axis=1, keepdims=True)
    return np.asarray(np.log(np.exp(logits - highest).sum(axis=1)) + highest[:, 0], np.float32)
