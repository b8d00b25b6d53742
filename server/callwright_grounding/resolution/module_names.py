"""Names of modules: their own, those of star imports, their submodules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callwright_grounding.environment.exports import exported
from callwright_grounding.resolution import overlays
from callwright_grounding.resolution.lookups import FOUND, MISSING, OPEN, Lookup
from callwright_grounding.resolution.values import Module

if TYPE_CHECKING:
    from callwright_grounding.resolution.resolver import Resolver


def look_up(resolver: Resolver, module: str, name: str) -> Lookup:
    """Look a name up in a module: its own, its submodules, its star imports."""
    summary = resolver.summary(module)
    if summary is None:
        return OPEN
    for names in (summary.names, summary.typing_names):
        if name in names:
            return Lookup("found", resolver.entry_value(module, name, names[name]))
    if resolver.environment.exists(f"{module}.{name}"):
        return Lookup("found", Module(f"{module}.{name}"))
    if name in summary.extra:
        return FOUND
    for star in (*summary.stars, *summary.typing_stars):
        found = _star(resolver, star, name, module)
        if found.state != "missing":
            return found
    if name.startswith("_") or summary.open:
        return Lookup("open", None, summary.open or "private names are not judged")
    if module.startswith(overlays.PARTIAL_STUBS):
        return OPEN
    added = overlays.ADDED_AT_RUN_TIME.get(module)
    if added is not None and added.fullmatch(name):
        return OPEN
    stored = resolver.environment.distribution_names(module, "stored")
    return OPEN if stored is not None and name in stored else MISSING


def _star(resolver: Resolver, star: str, name: str, module: str) -> Lookup:
    key = (f"*{star}", name)
    if key in resolver.active:
        return MISSING
    summary = resolver.summary(star)
    if summary is None:
        return Lookup("open", None, f"imports * from {star}, which is not known")
    if summary.all is not None and summary.all_complete and name not in summary.all:
        return MISSING
    resolver.active.add(key)
    try:
        found = resolver.module_attribute(star, name)
    finally:
        resolver.active.discard(key)
    return found


def every_name(resolver: Resolver, module: str, seen: frozenset[str] = frozenset()) -> dict[str, bool]:
    """Every name a module may have; the value says whether it exists at run time for certain."""
    summary = resolver.summary(module)
    if summary is None or module in seen:
        return {}
    names = dict.fromkeys(summary.typing_names, summary.lazy)
    for star in (*summary.stars, *summary.typing_stars):
        target = resolver.summary(star)
        if target is not None:
            found = every_name(resolver, star, seen | {module})
            shown = set(exported(star, target)) if target.all is not None else None
            for name, sure in found.items():
                if (name in shown) if shown is not None else not name.startswith("_"):
                    names[name] = names.get(name, False) or (sure and star in summary.stars)
    for name, entry in summary.names.items():
        if entry[0] == "i" and not resolver.environment.exists(entry[1].partition(".")[0]):
            names.setdefault(name, False)  # the import fails, and something expects that
            continue
        # A lazy module takes the place of the one whose body was run; only what it was told to export
        # is there.
        names[name] = not summary.lazy or name in summary.extra or names.get(name, False)
    return names


def openness(resolver: Resolver, module: str) -> str:
    """Why a module's names are not all known; empty where they are."""
    summary = resolver.summary(module)
    if summary is None:
        return "not known"
    if summary.open or summary.unsure:
        return summary.open or summary.unsure
    for star in summary.stars:
        target = resolver.summary(star)
        if target is None or (target.open and not target.all):
            return f"imports * from {star}"
    return ""
