"""Small charts as SVG text, for a report that is one file and runs no script."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT, MARGIN = 360, 180, 34


def curve(title: str, values: Sequence[float]) -> str:
    """One figure over the steps."""
    if not values:
        return ""
    low, high = min(values), max(values)
    points = " ".join(
        f"{_across(number, max(1, len(values) - 1)):.1f},{_up(value, low, high):.1f}"
        for number, value in enumerate(values)
    )
    return _frame(
        title,
        f'<polyline points="{points}" fill="none" stroke="#2563eb" stroke-width="1.5"/>'
        + _label(MARGIN, HEIGHT - 6, f"{low:.3g}")
        + _label(MARGIN, MARGIN - 4, f"{high:.3g}"),
    )


def bars(title: str, counts: Sequence[tuple[str, float]]) -> str:
    """One bar for each name."""
    if not counts:
        return ""
    highest = max(value for _, value in counts) or 1
    width = (WIDTH - 2 * MARGIN) / len(counts)
    drawn = ""
    for number, (name, value) in enumerate(counts):
        tall = (HEIGHT - 2 * MARGIN) * value / highest
        x, y = MARGIN + number * width, HEIGHT - MARGIN - tall
        drawn += (
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width * 0.85:.1f}" height="{tall:.1f}" fill="#2563eb"/>'
        )
        drawn += _label(x, HEIGHT - MARGIN + 14, name) + _label(x, y - 3, f"{value:g}")
    return _frame(title, drawn)


def reliability(title: str, bins: Sequence[tuple[float, float]]) -> str:
    """Predicted against true share; on the diagonal it is calibrated."""
    if not bins:
        return ""
    start, end = (_across(0, 1), _up(0, 0, 1)), (_across(1, 1), _up(1, 0, 1))
    line = f'<line x1="{start[0]}" y1="{start[1]}" x2="{end[0]}" y2="{end[1]}" stroke="#999"/>'
    dots = "".join(
        f'<circle cx="{_across(predicted, 1):.1f}" cy="{_up(true, 0, 1):.1f}" r="4" fill="#2563eb"/>'
        for predicted, true in bins
    )
    return _frame(title, line + dots + _label(WIDTH / 2 - 30, HEIGHT - 6, "predicted"))


def _across(value: float, most: float) -> float:
    return MARGIN + (WIDTH - 2 * MARGIN) * value / most


def _up(value: float, low: float, high: float) -> float:
    share = (value - low) / (high - low) if high > low else 0.5
    return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * share


def _label(x: float, y: float, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="10" fill="#555">{escape(text)}</text>'


def _frame(title: str, inside: str) -> str:
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        f' aria-label="{escape(title)}"><rect x="{MARGIN}" y="{MARGIN}" width="{WIDTH - 2 * MARGIN}"'
        f' height="{HEIGHT - 2 * MARGIN}" fill="none" stroke="#ddd"/>{inside}</svg></figure>'
    )
