"""Follows ``from x import *`` inside one distribution, once, when its index is built."""

from __future__ import annotations

from collections.abc import Mapping

from callwright_grounding.environment.summary import Entry, ModuleSummary


def expand_stars(modules: Mapping[str, ModuleSummary]) -> None:
    """Replace star imports between these modules by the names they bring.

    A star import from elsewhere stays; resolution follows it when it is asked.
    """
    done: dict[str, dict[str, Entry]] = {}
    for name in modules:
        _expanded(name, modules, done, set())


def exported(name: str, summary: ModuleSummary) -> list[str]:
    """The names that ``from name import *`` brings, as far as this summary knows."""
    names = {**summary.typing_names, **summary.names} if summary.lazy else summary.names
    if summary.all is not None:
        return (
            summary.all
            if summary.all_complete
            else [*summary.all, *(n for n in names if not n.startswith("_"))]
        )
    return [found for found in names if not found.startswith("_")]


def _expanded(
    name: str, modules: Mapping[str, ModuleSummary], done: dict[str, dict[str, Entry]], active: set[str]
) -> dict[str, Entry]:
    """What a star import from ``name`` brings; expands that module's own stars first."""
    if name in done:
        return done[name]
    summary = modules[name]
    if name in active:
        return {}
    active.add(name)
    summary.stars = _merge_stars(summary, summary.stars, summary.names, modules, done, active)
    summary.typing_stars = _merge_stars(
        summary, summary.typing_stars, summary.typing_names, modules, done, active
    )
    active.discard(name)
    done[name] = {found: ["i", name, found] for found in exported(name, summary)}
    return done[name]


def _merge_stars(
    summary: ModuleSummary,
    stars: list[str],
    names: dict[str, Entry],
    modules: Mapping[str, ModuleSummary],
    done: dict[str, dict[str, Entry]],
    active: set[str],
) -> list[str]:
    kept: list[str] = []
    for star in stars:
        if star not in modules:
            kept.append(star)
            continue
        target = modules[star]
        listed = set(target.all or ())
        for name, entry in _expanded(star, modules, done, active).items():
            sure = target.all is None or target.all_complete or name in listed
            (names if sure else summary.typing_names).setdefault(name, entry)
        if target.unsure or not target.all_complete:
            summary.unsure = summary.unsure or f"imports * from {star}, which computes its __all__"
        kept += [further for further in target.stars if further not in modules]
        if target.open and not summary.open and names is summary.names:
            summary.open = f"imports * from {star}, which is open: {target.open}"
    return list(dict.fromkeys(kept))
