"""Summaries as tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from callwright_training.metrics import KEYS

if TYPE_CHECKING:
    from rich.table import Table

    from callwright_training.evaluation.summary import Summary


def table_of(summaries: Sequence[Summary]) -> Table:
    """One row per figure that any of the summaries has, one column per system."""
    from rich import box
    from rich.table import Table

    table = Table("metric", box=box.SIMPLE_HEAD, title_justify="left")
    for summary in summaries:
        table.add_column(str(summary.system.get("name", "?")), justify="right", overflow="fold")
    table.add_column("what it is", style="dim")
    for name, key in KEYS.items():
        if any(summary.figures.get(name) is not None for summary in summaries):
            cells = [_figure(summary.figures.get(name)) for summary in summaries]
            arrow = "" if key.higher_is_better else " (lower is better)"
            table.add_row(name, *cells, key.summary + arrow)
    table.add_row("latency_ms", *(_latency(summary) for summary in summaries), "median wall time per answer")
    table.add_row("n", *(str(summary.n) for summary in summaries), "answers scored")
    return table


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _latency(summary: Summary) -> str:
    return "-" if summary.latency_ms is None else f"{summary.latency_ms['median']:.1f}"
