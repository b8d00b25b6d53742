"""Member ranking: how often the author's own member is the first, or one of the first five, in a menu."""

from __future__ import annotations

import random
import re
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from callwright_grounding.environment import Environment
from callwright_server.engine.engine import Engine
from callwright_server.settings import Menu
from callwright_server.suggest.choosing import Place
from callwright_server.suggest.grounding import Names
from callwright_server.suggest.installed import Installed
from callwright_server.suggest.members import likeliest

_CALL = re.compile(r"(?<=[\w)\]])\.(?P<name>[a-zA-Z]\w*)\(")
_PER_FILE = 3
LISTED = Menu().limit


@dataclass(frozen=True)
class Site:
    """A call in somebody's source, cut behind the dot."""

    path: Path
    text: str
    """The file up to the dot, and nothing after it."""
    name: str
    """What the author wrote."""


def sites(sources: Iterator[tuple[Path, str]]) -> Iterator[Site]:
    """Calls of members, a few of each file."""
    for path, source in sources:
        found = [match for match in _CALL.finditer(source) if not _quoted(source, match.start())]
        for match in random.Random(5).sample(found, min(_PER_FILE, len(found))):
            yield Site(path, source[: match.start() + 1], match["name"])


def _quoted(source: str, offset: int) -> bool:
    """Whether a place looks like the inside of a string or a comment."""
    line = source[source.rfind("\n", 0, offset) + 1 : offset]
    return "#" in line or line.count('"') % 2 == 1 or line.count("'") % 2 == 1


def measure_ranking(
    environment: Environment, engine: Engine, sources: Iterator[tuple[Path, str]], count: int
) -> dict[str, object]:
    """Rank the members at call sites of known receivers.

    Args:
        environment: What is installed.
        engine: The model.
        sources: Files; no rule was made on their distributions.
        count: Sites with a known receiver to look at.
    """
    names = Names(Installed(environment), engine, engine.bundle.catalogue)
    ranks: list[int | None] = []
    spent: list[float] = []
    sizes: list[int] = []
    seen = absent = 0
    for site in sites(sources):
        seen += 1
        members = names.members(Place(site.text, len(site.text)))
        if members is None or members.trie.count < 2:
            continue
        sizes.append(members.trie.count)
        if not members.trie.spells(engine.encode(site.name)):
            absent += 1
            ranks.append(None)
            continue
        started = time.perf_counter()
        found, _ = likeliest(engine, site.text, members, LISTED, stop=lambda: False)
        first = [name for name, _ in found][:5]
        spent.append(time.perf_counter() - started)
        ranks.append(first.index(site.name) + 1 if site.name in first else None)
        if len(ranks) >= count:
            break
    return {
        "call sites": seen,
        "of them with a known receiver": len(ranks),
        "the author's name is not among its members": absent,
        "members, median": statistics.median(sizes) if sizes else 0,
        "recall@1 %": _share(ranks, 1),
        "recall@5 %": _share(ranks, 5),
        "seconds for all that a menu shows, median": round(statistics.median(spent), 2) if spent else None,
    }


def _share(ranks: list[int | None], within: int) -> float:
    return round(100 * sum(rank is not None and rank <= within for rank in ranks) / max(1, len(ranks)), 1)
