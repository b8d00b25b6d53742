"""A suggester out of settings: the bundle, its engine, and what chooses."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from callwright_plugins.manager import Plugins
from callwright_plugins.suggestion import Filter
from callwright_server.bundle import Bundle, find_bundle
from callwright_server.engine.engine import Engine
from callwright_server.settings import Settings
from callwright_server.suggest.choosing import Chooser, Grounding
from callwright_server.suggest.grounding import Names
from callwright_server.suggest.installed import Installed
from callwright_server.suggest.lexical import LexicalChooser
from callwright_server.suggest.shelf import Shelf
from callwright_server.suggest.suggester import Suggester

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Opened:
    """A bundle in memory, ready to suggest with."""

    bundle: Bundle
    engine: Engine
    shelf: Shelf
    chooser: Chooser
    filters: dict[str, Filter] = field(default_factory=dict)
    grounding: Grounding | None = None

    def suggester(self, settings: Settings) -> Suggester:
        """A suggester with these settings; costs nothing."""
        return Suggester(
            shelf=self.shelf,
            chooser=self.chooser,
            engine=self.engine,
            settings=settings,
            grounding=self.grounding if settings.grounding.enabled else None,
            filters=self.filters,
            gate=self.bundle.gate,
        )


def open_bundle(
    settings: Settings,
    report: Callable[[str], None] = lambda stage: None,
    installed: Installed | None = None,
) -> Opened:
    """Open the bundle that the settings name and bring its model into memory; takes seconds.

    Args:
        settings: ``bundle`` and ``engine`` are looked at.
        report: Told what is being done.
        installed: Which names exist for the user's interpreter, also where that becomes known only later.

    Raises:
        BundleError: There is no such bundle, or it is damaged.
    """
    report("checking the bundle")
    bundle = find_bundle(settings.bundle or None)
    report("reading the catalogue")
    shelf = Shelf(bundle.catalogue)
    report("loading the model")
    engine = Engine(bundle, settings.engine)
    chooser = _chooser(bundle, engine, shelf)
    report("warming up")
    engine.warm_up()
    names = Names(installed, engine, bundle.catalogue) if installed is not None else None
    return Opened(bundle, engine, shelf, chooser, _filters(), names)


def _chooser(bundle: Bundle, engine: Engine, shelf: Shelf) -> Chooser:
    """The bundle's own way to choose; by words alone where it brings none."""
    if not bundle.retriever.is_dir():
        log.warning("The bundle %s has no retriever: calls are chosen by words alone.", bundle.name)
        return LexicalChooser(shelf.entries)
    from callwright_server.choice import CallChooser

    return CallChooser.open(bundle, engine, threads=engine.settings.threads or 1)


def _filters() -> dict[str, Filter]:
    """What plugins hold suggestions back with; a broken plugin is named in the log and left out."""
    plugins = Plugins(strict=False)
    filters = {name: offer.value for name, offer in plugins.filters.items()}
    for problem in plugins.problems:
        log.warning("Plugin %s: %s", problem.plugin, problem.message)
    return filters
