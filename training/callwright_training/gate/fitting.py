"""Thresholds out of what was seen: as much as possible is shown, as seldom wrongly as is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from callwright_server.gate import CallThreshold, LineThreshold


@dataclass(frozen=True, slots=True)
class SeenLine:
    """A line that the model wrote, and grounding found nothing wrong with."""

    probability: float
    margin: float
    right: bool
    """The author wrote the same."""

    def passes(self, threshold: LineThreshold) -> bool:
        """Whether it would be shown."""
        return not threshold.doubt("other", self.probability, self.margin)


@dataclass(frozen=True, slots=True)
class SeenCall:
    """The best call for a text."""

    score: float
    share: float
    asked: bool
    """The text is a question about the catalogue; otherwise, a comment in other people's code."""

    def passes(self, threshold: CallThreshold) -> bool:
        """Whether it would be shown."""
        return self.score >= (threshold.least_score or 0.0) and self.share >= (threshold.least_share or 0.0)


def fit_lines(seen: Sequence[SeenLine], right: float) -> LineThreshold:
    """The thresholds that show most lines, of which the share ``right`` or more is right.

    A share of few is guarded by one more of each: two of two count as three of four. Where no thresholds
    reach it, nothing is shown.
    """
    best, most = LineThreshold(least_probability=1.0), 0
    # A margin only where it shows more: the plainer threshold comes first.
    for margin in (None, *_steps([line.margin for line in seen])):
        for least in sorted({_floor(line.probability) for line in seen}):
            threshold = LineThreshold(least_probability=least, least_margin=margin)
            shown = [line.right for line in seen if line.passes(threshold)]
            if len(shown) > most and (sum(shown) + 1) / (len(shown) + 2) >= right:
                best, most = threshold, len(shown)
    return best


def fit_calls(seen: Sequence[SeenCall], comments: float) -> CallThreshold:
    """The thresholds by which most questions are answered and no more than a share of the comments is.

    Without questions, the score that so many comments stay below.
    """
    asked = [call for call in seen if call.asked]
    others = sorted((call for call in seen if not call.asked), key=lambda call: -call.score)
    best, answered = CallThreshold(), -1
    for share in (None, *_steps([call.share for call in asked])):
        passing = [call for call in others if share is None or call.share >= share]
        allowed = int(comments * len(others))
        least = 0.0 if len(passing) <= allowed else _above(passing[allowed].score)
        threshold = CallThreshold(least_score=least, least_share=share)
        count = sum(call.passes(threshold) for call in asked)
        if count > answered:
            best, answered = threshold, count
    return best


def _steps(values: Sequence[float]) -> list[float]:
    """Nine values that part the others in ten."""
    ordered = sorted(values)
    return sorted({round(ordered[len(ordered) * part // 10], 2) for part in range(1, 10)}) if ordered else []


def _floor(value: float) -> float:
    return min(int(value * 1000) / 1000, 0.999)


def _above(value: float) -> float:
    return int(value * 100 + 1) / 100
