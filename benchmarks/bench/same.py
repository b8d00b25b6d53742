"""Whether caches change answers, and if so by how much the model's likelihoods moved.

The same place is asked of a server that has everything in memory, of one that has the engine's caches only,
and of one that has nothing. What is remembered may differ on purpose: a shown line stays while it is being
typed. The engine's caches may not, but that a text read in other chunks is computed by other kernels, which
add in another order; in 8 bits that moves likelihoods a little, and a line near its threshold falls to one
side or the other. So both are told: the largest difference of a token's log-probability between a warm and a
cold engine, and of each answer that differs how far both lines were from the threshold.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from typist import sessions

from callwright_server.engine import Generation
from callwright_server.settings import Settings
from callwright_server.suggest.document import Document
from callwright_server.suggest.line_writer import line_kind
from callwright_server.suggest.opening import Opened, open_bundle
from callwright_server.suggest.suggestion import Suggestions
from callwright_server.suggest.written import confidence

Row = dict[str, Any]


class _Heard:
    """Keeps what an opened bundle's engine wrote last.

    Args:
        opened: Its engine is listened to from now on.
    """

    def __init__(self, opened: Opened) -> None:
        self.last: Generation | None = None
        self._generate = opened.engine.generate
        opened.engine.generate = self._generated  # type: ignore[method-assign]

    def _generated(self, *arguments: Any, **options: Any) -> Generation:
        self.last = self._generate(*arguments, **options)
        return self.last

    @property
    def sure(self) -> float:
        """How sure the model was of what it wrote last."""
        return confidence(self.last.log_probs) if self.last else 0.0


def same_answers(bundle: str, names: Iterable[str], every: int = 4) -> Row:
    """Compare at every few word ends of the trace."""
    settings = Settings(bundle=bundle)
    cached, plain = open_bundle(settings), open_bundle(settings)
    plain.engine.settings = replace(plain.engine.settings, draft=0)
    warm, cold = _Heard(cached), _Heard(plain)
    remembering = cached.suggester(settings)
    found: Row = {"compared": 0, "known": 0, "same": 0, "same_by_engine": 0, "different": [], "by_engine": []}
    moved: list[float] = []
    for number, (text, offset) in enumerate(_word_ends(tuple(names))):
        document = Document(text)
        known = remembering.peek(document, offset) is not None
        ours = _first_left(remembering.suggest(document, offset, stop=lambda: False), offset)
        if number % every:
            continue
        warm.last = cold.last = None
        plain.engine.forget()
        answers = [
            opened.suggester(settings).suggest(document, offset, stop=lambda: False)
            for opened in (cached, plain)
        ]
        by_cache, anew = (_first_left(answer, offset) for answer in answers)
        moved += (differences := _differences(warm.last, cold.last))
        found["compared"] += 1
        found["known"] += known
        found["same"] += ours == anew
        found["same_by_engine"] += by_cache == anew
        if ours != anew:
            found["different"].append(["known" if known else "asked", ours, anew])
        if by_cache != anew:
            wanted = cached.bundle.gate.of_line(line_kind(document, offset)).least_probability
            row = {"warm": by_cache, "cold": anew, "reasons": [answer.reason for answer in answers]}
            row |= {"sure": [round(warm.sure, 3), round(cold.sure, 3)], "wanted": wanted}
            found["by_engine"].append(row | {"largest_difference": round(max(differences, default=0.0), 3)})
    return found | _spread(moved)


def _differences(warm: Generation | None, cold: Generation | None) -> list[float]:
    """Nats between the two log-probabilities of each token, as far as both wrote the same."""
    if warm is None or cold is None:
        return []
    rows = zip(warm.tokens, cold.tokens, warm.log_probs, cold.log_probs, strict=False)
    found = []
    for ours, theirs, our_value, their_value in rows:
        if ours != theirs:
            break
        found.append(abs(our_value - their_value))
    return found


def _spread(moved: list[float]) -> Row:
    """The differences in one place: how many tokens, and how much their log-probabilities moved."""
    parts = statistics.quantiles(moved, n=20) if len(moved) > 1 else [0.0] * 19
    return {
        "tokens": len(moved),
        "median_difference_nats": round(statistics.median(moved or [0.0]), 4),
        "p95_difference_nats": round(parts[-1], 4),
        "largest_difference_nats": round(max(moved, default=0.0), 4),
    }


def _first_left(answer: Suggestions, offset: int) -> str:
    """What is left to type of the first suggestion that is shown; a dash where there is none."""
    return next((item.text[offset - item.start :] for item in answer.shown), "-")


def _word_ends(names: tuple[str, ...]) -> Iterable[tuple[str, int]]:
    for session in (one for one in sessions() if one.name in names):
        text = session.before
        for key in session.keystrokes:
            text = text[: key.start] + key.text + text[key.end :]
            offset = key.start + len(key.text)
            if key.edits and offset and not (text[offset - 1].isalnum() or text[offset - 1] == "_"):
                yield text, offset
