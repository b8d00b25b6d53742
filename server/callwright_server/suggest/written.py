"""Lines that the model has written, found again while someone types what it had in mind.

A line that was not sure enough to be shown is worth remembering too: as long as it is typed letter by letter
the model would only say it again, and its rest may well be sure enough, for the doubtful word is past.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from callwright_server.suggest.cache import Recent

_REMEMBERED = 512


def confidence(log_probs: Sequence[float]) -> float:
    """The geometric mean of the tokens' probabilities; 0 where there are none."""
    known = [value for value in log_probs if not math.isnan(value)]
    return math.exp(sum(known) / len(known)) if known else 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """What the model wrote behind the beginning of a line."""

    text: str
    """Up to the end of the line."""
    ends: tuple[int, ...]
    """Where each of its tokens ends in the text."""
    log_probs: tuple[float, ...]
    """Of each token, before any mask."""
    ended: bool
    """Whether the line ends there; otherwise there was no room for more."""
    doubt: str = ""
    """Why it is not shown, however sure the model is; empty where it may be."""
    margins: tuple[float, ...] = ()
    """Nats by which each token is ahead of the likeliest other one; negative where a mask forced it."""

    @property
    def sure(self) -> float:
        """How sure the model is of it."""
        return confidence(self.log_probs)

    @property
    def margin(self) -> float:
        """How far its least sure token is ahead."""
        return min(filter(math.isfinite, self.margins), default=0.0)

    def rest(self, typed: int) -> Line:
        """What is left behind so many letters; a token that is typed by half counts as a whole."""
        left = [number for number, end in enumerate(self.ends) if end > typed]
        return Line(
            text=self.text[typed:],
            ends=tuple(self.ends[number] - typed for number in left),
            log_probs=tuple(self.log_probs[number] for number in left),
            margins=tuple(self.margins[number] for number in left if self.margins),
            ended=self.ended,
            doubt=self.doubt,
        )

    def cut(self, length: int) -> Line:
        """As far as so many letters."""
        kept = sum(start < length for start in (0, *self.ends[:-1]))
        return replace(
            self,
            text=self.text[:length],
            ends=self.ends[:kept],
            log_probs=self.log_probs[:kept],
            margins=self.margins[:kept],
        )

    def surest(self) -> float:
        """How sure the model is of the rest that it is surest of."""
        return max((confidence(self.log_probs[number:]) for number in range(len(self.ends))), default=0.0)


class Written:
    """The last lines, by what stands above them and in front of them."""

    def __init__(self) -> None:
        self._lines: Recent[bytes, dict[str, Line]] = Recent(_REMEMBERED)

    def remember(self, above: bytes, head: str, line: Line) -> None:
        """The model wrote this behind ``head``.

        Args:
            above: Stands for all text above the line.
            head: The line's beginning.
            line: What the model wrote.
        """
        known = self._lines.get(above) or {}
        self._lines.put(above, known | {head: line})

    def find(self, above: bytes, head: str) -> Line | None:
        """What the model would write behind ``head``; ``None`` where it must be asked."""
        known = self._lines.get(above) or {}
        for before in sorted(filter(head.startswith, known), key=len, reverse=True):
            line, typed = known[before], head[len(before) :]
            if line.text.startswith(typed) and (line.ended or not typed or len(typed) < len(line.text)):
                return line.rest(len(typed))
        return None
