"""Summaries as tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from callwright_training.metrics import KEYS

_WIDTH = 120

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from callwright_training.evaluation.compare import Evaluation, Pair, SideBySide
    from callwright_training.evaluation.summary import Summary


def table_of(summaries: Sequence[Summary], named: Sequence[Evaluation] = ()) -> Table:
    """One row per figure that any of the summaries has, one column per system."""
    names = [each.name for each in named] or [str(summary.system.get("name", "?")) for summary in summaries]
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("metric", no_wrap=True)
    for name in names:
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("what it is", style="dim")
    for name, key in KEYS.items():
        if any(summary.figures.get(name) is not None for summary in summaries):
            cells = [_figure(summary.figures.get(name)) for summary in summaries]
            arrow = "" if key.higher_is_better else " (lower is better)"
            table.add_row(name, *cells, key.summary + arrow)
    table.add_row("latency_ms", *(_latency(summary) for summary in summaries), "median wall time per answer")
    if any("static_tier" in summary.about for summary in summaries):
        cells = [_foretold(summary) for summary in summaries]
        table.add_row(
            "static tier", *cells, "precision / recall of 'must fail', against what the runner found"
        )
    table.add_row("n", *(str(summary.n) for summary in summaries), "answers scored")
    return table


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _latency(summary: Summary) -> str:
    return "-" if summary.latency_ms is None else f"{summary.latency_ms['median']:.1f}"


def _foretold(summary: Summary) -> str:
    found = summary.about.get("static_tier")
    return f"{found['precision']:.1f} / {found['recall']:.1f}" if found else "-"


def console_for(*, stderr: bool) -> Console:
    """A console that is wide enough for tables where the output is a file or a pipe."""
    from rich.console import Console

    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=_WIDTH)


def print_comparison(compared: SideBySide, *, stderr: bool = False) -> None:
    """Figures side by side, then every system's tests against the first."""
    console = console_for(stderr=stderr)
    console.print(table_of([each.summary for each in compared.evaluations], compared.evaluations))
    for name, count in compared.dropped.items():
        console.print(f"{name}: {count} answers left out, to questions that another system did not answer.")
    for pair in compared.pairs:
        if pair.first == compared.pairs[0].first:
            console.print(_tests(pair))


def _tests(pair: Pair) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(
        title=f"{pair.second} against {pair.first}, same questions", box=box.SIMPLE_HEAD, title_justify="left"
    )
    for column in ("metric", "n", "difference", "95 % interval", "only first", "only second", "McNemar p"):
        table.add_column(column, justify="left" if column == "metric" else "right", no_wrap=True)
    for one in pair.metrics:
        span = f"{100 * one.low:+.2f} … {100 * one.high:+.2f}"
        counts = [_count(one.first_only), _count(one.second_only)]
        table.add_row(one.metric, str(one.n), f"{100 * one.difference:+.2f}", span, *counts, p_text(one.p))
    return table


def p_text(p: float | None) -> str:
    """A p-value as it is printed."""
    if p is None:
        return "-"
    return "<0.0001" if p < 0.0001 else f"{p:.4f}"


def _count(value: int | None) -> str:
    return "-" if value is None else str(value)
