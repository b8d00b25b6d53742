"""The page's plots, as SVG text."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from callwright_training.evaluation.compare import Pair, SideBySide
from callwright_training.evaluation.paired import Comparison
from callwright_training.metrics import Key

_LABEL, _WIDTH, _VALUE = 190, 520, 60
_BAR, _GAP = 11, 12
_COLOURS = 6
"""Classes c0 … c5 in the style sheet."""


def bars(compared: SideBySide, keys: Sequence[Key]) -> str:
    """One group of bars per metric, one bar per system, with the 95 % interval as a line."""
    rows, top = [], 0
    for key in keys:
        rows.append(f'<text class="label" x="{_LABEL - 8}" y="{top + 9}">{key.name}</text>')
        for index, each in enumerate(compared.evaluations):
            value = each.summary.figures.get(key.name)
            span = compared.intervals.get(each.name, {}).get(key.name)
            if value is not None:
                rows.append(_bar(top, index, each.name, value, span))
            top += _BAR + 1
        top += _GAP
    return _svg(top, "figures of each system, in percent", "".join(rows))


def outcomes(pair: Pair) -> str:
    """Per binary metric, how many questions both, only one or none of two systems has."""
    counted = [(one, *_quarters(one)) for one in pair.metrics if one.p is not None]
    rows = []
    for index, (one, both, first, second, neither) in enumerate(counted):
        top, left = index * (_BAR + _GAP), float(_LABEL)
        rows.append(f'<text class="label" x="{_LABEL - 8}" y="{top + 9}">{one.metric}</text>')
        parts = (
            ("both", both, "both"),
            (f"only {pair.first}", first, "c0"),
            (f"only {pair.second}", second, "c1"),
            ("neither", neither, "none"),
        )
        for name, count, colour in parts:
            width = _WIDTH * count / one.n
            title = f"<title>{escape(name)}: {count} of {one.n}</title>"
            rows.append(_rect(colour, left, top, width, title))
            left += width
    return _svg(len(counted) * (_BAR + _GAP), "questions that both, one or none has", "".join(rows))


def _bar(top: int, index: int, name: str, value: float, span: tuple[float, float] | None) -> str:
    scale = _WIDTH / 100
    between = f" ({span[0]:.1f} to {span[1]:.1f})" if span else ""
    title = f"<title>{escape(name)}: {value:.2f}{between}</title>"
    bar = _rect(f"c{index % _COLOURS}", _LABEL, top, max(0.5, value * scale), title)
    right = _LABEL + max(value, span[1] if span else 0) * scale + 6
    text = f'<text class="value" x="{right:.1f}" y="{top + 9}">'
    whisker = ""
    if span:
        ends = [f"{_LABEL + end * scale:.1f}" for end in span]
        middle = top + _BAR / 2
        whisker = f'<line x1="{ends[0]}" x2="{ends[1]}" y1="{middle}" y2="{middle}"/>'
    return f"{bar}{whisker}{text}{value:.1f}</text>"


def _rect(colour: str, left: float, top: int, width: float, title: str) -> str:
    place = f'x="{left:.1f}" y="{top}" width="{width:.1f}" height="{_BAR}"'
    return f'<rect class="{colour}" {place}>{title}</rect>'


def _quarters(one: Comparison) -> tuple[int, int, int, int]:
    """Questions that both, only the first, only the second, and neither has."""
    first, second = one.first_only or 0, one.second_only or 0
    both = round(one.first * one.n) - first
    return both, first, second, one.n - both - first - second


def _svg(height: int, title: str, content: str) -> str:
    width = _LABEL + _WIDTH + _VALUE
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return f'<svg role="img" aria-label="{title}" {size}>{content}</svg>'
