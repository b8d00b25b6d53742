"""Figures as tables, and as rows for the JSON file."""

from __future__ import annotations

from typing import Any

from race import Lane, Race
from rich.console import Console
from rich.table import Table

Row = dict[str, Any]
_OURS = "callwright int8"


def race_rows(found: Race) -> Row:
    """A race as JSON: medians, and ratios within each round."""
    torch = next((lane for lane in found.lanes if lane.entrant.kind == "torch"), None)
    ours = next((lane for lane in found.lanes if lane.entrant.name == _OURS), None)
    return {
        "bandwidth_gb": [round(value / 1e9, 1) for value in found.bandwidth],
        "rows": [_row(found, lane, torch, ours) for lane in found.lanes],
    }


def _row(found: Race, lane: Lane, torch: Lane | None, ours: Lane | None) -> Row:
    row: Row = {"engine": lane.entrant.name}
    row |= {f"{what}_ms": lane.median(what) for what in lane.seconds}
    row["decode_cpu_ms"] = round(1000 * sorted(lane.cpu_token)[len(lane.cpu_token) // 2], 2)
    row["memory_mb"] = round(lane.memory / 1e6)
    row["weight_mb"] = round(lane.entrant.weight_bytes / 1e6, 1)
    row["share_of_limit"] = found.share(lane)
    if torch is not None:
        row["call_times_torch_generate"] = found.ratio(lane, torch, "call", "generate")
        row["decode_times_torch"] = found.ratio(lane, torch, "decode")
    if ours is not None:
        row["decode_times_ours"] = found.ratio(lane, ours, "decode")
    row["append_share_of_prefill"] = round(1 / found.ratio(lane, lane, "one_more", "cold"), 3)
    return row


def print_race(row: Row) -> None:
    """One model's engines side by side."""
    table = Table(title=row["model"])
    for name in (
        "engine", "read 256", "token", "token CPU", "of limit", "line", "call", "x torch generate",
        "token: ours/it", "one more key", "memory",
    ):  # fmt: skip
        table.add_column(name, justify="left" if name == "engine" else "right")
    for one in row["rows"]:
        share = one["share_of_limit"]
        table.add_row(
            one["engine"],
            *(f"{one[name]:.1f}" for name in ("prefill_ms", "decode_ms", "decode_cpu_ms")),
            f"{share:.0%}" if share else "",
            *(f"{one[name]:.0f}" for name in ("line_ms", "call_ms")),
            f"{one.get('call_times_torch_generate', 0):.1f}",
            f"{one.get('decode_times_ours', 0):.2f}",
            f"{one['append_share_of_prefill']:.1%}",
            f"{one['memory_mb']} MB",
        )
    Console(width=150).print(table)
    Console().print("memory reads GB/s:", row["bandwidth_gb"], *row["missing"])


def print_list(title: str, found: Row) -> None:
    """Figures one below the other."""
    table = Table(title, "")
    for name, value in found.items():
        table.add_row(name, str(value))
    Console(width=150).print(table)


def print_quantizations(rows: list[Row]) -> None:
    """Quantizations of one model side by side."""
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console(width=150).print(table)
