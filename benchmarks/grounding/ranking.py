"""Member ranking: how often the author's own member is the first, or one of the first five, in a menu."""

from __future__ import annotations

import random
import re
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from notes import Notes
from progress import bar
from sources import without_statement

from callwright_grounding.environment import Environment
from callwright_server.engine.engine import Engine
from callwright_server.settings import Menu
from callwright_server.suggest.choosing import Place
from callwright_server.suggest.grounding import Names
from callwright_server.suggest.installed import Installed
from callwright_server.suggest.members import likeliest
from callwright_server.suggest.used_nearby import Nearby

_CALL = re.compile(r"(?<=[\w)\]])\.(?P<name>[a-zA-Z]\w*)\(")
_PER_FILE = 3
LISTED = Menu().limit


@dataclass(frozen=True)
class Site:
    """A call in somebody's source, cut behind the dot."""

    path: Path
    before: str
    """The file up to the dot: all that the model and the uses around say is from here."""
    text: str
    """The file without the statement that the dot stands in, as far as it comes after it: what exists."""
    name: str
    """What the author wrote."""


def sites(sources: Iterator[tuple[Path, str]]) -> Iterator[Site]:
    """Calls of members, a few of each file."""
    for path, source in sources:
        found = [match for match in _CALL.finditer(source) if not _quoted(source, match.start())]
        for match in random.Random(5).sample(found, min(_PER_FILE, len(found))):
            place = match.start() + 1
            yield Site(path, source[:place], without_statement(source, place), match["name"])


def _quoted(source: str, offset: int) -> bool:
    """Whether a place looks like the inside of a string or a comment."""
    line = source[source.rfind("\n", 0, offset) + 1 : offset]
    return "#" in line or line.count('"') % 2 == 1 or line.count("'") % 2 == 1


@dataclass(frozen=True)
class Seen:
    """What a menu shows at one place."""

    members: int
    there: bool
    """Whether the author's name is among them."""
    first: tuple[str, ...]
    """The first five."""
    seconds: float


def measure_ranking(
    environment: Environment, engine: Engine, sources: Iterator[tuple[Path, str]], count: int, notes: Notes
) -> dict[str, object]:
    """Rank the members at call sites of known receivers.

    Args:
        environment: What is installed.
        engine: The model.
        sources: Files; no rule was made on their distributions.
        count: Sites with a known receiver to look at.
        notes: What an earlier, stopped run has seen.
    """
    names, nearby = Names(Installed(environment), engine, engine.bundle.catalogue), Nearby()
    looked: list[tuple[Site, Seen]] = []
    calls = 0
    with bar("Ranking members", count) as at:
        for site in sites(sources):
            calls += 1
            seen = notes.of(site.before, partial(_look, names, nearby, engine, site))
            if seen is not None:
                looked.append((site, Seen(*seen)))
                at(len(looked))
            if len(looked) >= count:
                break
    ranks = [_rank(site.name, seen.first) for site, seen in looked]
    spent = [seen.seconds for _, seen in looked if seen.there]
    return {
        "call sites": calls,
        "of them with a known receiver": len(looked),
        "the author's name is not among its members": sum(not seen.there for _, seen in looked),
        "members, median": statistics.median([seen.members for _, seen in looked] or [0]),
        "recall@1 %": _share(ranks, 1),
        "recall@5 %": _share(ranks, 5),
        "seconds for all that a menu shows, median": round(statistics.median(spent), 2) if spent else None,
    }


def _look(names: Names, nearby: Nearby, engine: Engine, site: Site) -> list[object] | None:
    """The fields of what is seen there; ``None`` where the receiver is not known."""
    members = names.members(Place(site.text, len(site.before), site.path))
    if members is None or members.trie.count < 2:
        return None
    started = time.perf_counter()
    first: list[str] = []
    there = members.trie.spells(engine.encode(site.name))
    if there:
        uses = nearby.uses(site.path, site.before)
        found, _ = likeliest(engine, site.before, members, LISTED, nearby=uses, stop=lambda: False)
        first = [name for name, _ in found][:5]
    return [members.trie.count, there, first, time.perf_counter() - started]


def _rank(name: str, first: Sequence[str]) -> int | None:
    return first.index(name) + 1 if name in first else None


def _share(ranks: list[int | None], within: int) -> float:
    return round(100 * sum(rank is not None and rank <= within for rank in ranks) / max(1, len(ranks)), 1)
