"""Outcomes as a page for the user."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from callwright_server.outcomes.store import Outcome, Row


def summary(rows: Iterable[Row]) -> dict[str, Any]:
    """Counts, shares (0 to 1; ``None`` of nothing) and the median latency in milliseconds."""
    known = list(rows)
    counts = Counter(row.outcome for row in known)
    accepted = [row for row in known if row.outcome is Outcome.ACCEPTED]
    judged = [row for row in accepted if row.kept is not None]
    return {
        "shown": len(known),
        **{outcome.name.lower(): counts[outcome] for outcome in Outcome},
        "acceptance": _share(len(accepted), len(known)),
        "kept": _share(sum(bool(row.kept) for row in judged), len(judged)),
        "latency_ms": median([row.latency_ms for row in known]) if known else None,
    }


def as_markdown(rows: Sequence[Row]) -> str:
    """A page: the summary, and the domains that were asked for most."""
    facts = summary(rows)
    if not facts["shown"]:
        return "# What became of the suggestions\n\nNothing has been recorded yet.\n"
    lines = [
        "# What became of the suggestions",
        "",
        "Kept on this machine, sent nowhere. Erase it with `callwright outcomes erase`.",
        "",
        f"- shown: {facts['shown']}",
        f"- accepted: {facts['accepted']} ({_percent(facts['acceptance'])})",
        f"- partly accepted: {facts['partly']}",
        f"- dismissed: {facts['dismissed']}",
        f"- of the accepted, still there after half a minute: {_percent(facts['kept'])}",
        f"- median latency: {facts['latency_ms']:.0f} ms",
        "",
        "| domain | shown | accepted |",
        "|---|---|---|",
    ]
    shown = Counter(row.domain or "free text" for row in rows)
    accepted = Counter(row.domain or "free text" for row in rows if row.outcome is Outcome.ACCEPTED)
    lines += [f"| {domain} | {count} | {accepted[domain]} |" for domain, count in shown.most_common(12)]
    return "\n".join(lines) + "\n"


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _percent(share: float | None) -> str:
    return "not known yet" if share is None else f"{share:.0%}"
