"""A suggester out of settings: the bundle, its engine, and what chooses."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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
    report("loading the model")
    # Both sides spend their time in libraries that let other threads run.
    with ThreadPoolExecutor(1, "callwright-open") as beside:
        loading = beside.submit(_warm_engine, bundle, settings)
        shelf = Shelf(bundle.catalogue)
        chooser_with = _chooser(bundle, shelf, threads=settings.engine.threads or 1)
        engine = loading.result()
    chooser = chooser_with(engine)
    names = Names(installed, engine, bundle.catalogue) if installed is not None else None
    return Opened(bundle, engine, shelf, chooser, _filters(), names)


def _warm_engine(bundle: Bundle, settings: Settings) -> Engine:
    engine = Engine(bundle, settings.engine)
    engine.warm_up()
    return engine


def _chooser(bundle: Bundle, shelf: Shelf, threads: int) -> Callable[[Engine], Chooser]:
    """The bundle's own way to choose, which waits for its judge; by words alone where it brings none."""
    if not bundle.retriever.is_dir():
        log.warning("The bundle %s has no retriever: calls are chosen by words alone.", bundle.name)
        lexical = LexicalChooser(shelf.entries)
        return lambda engine: lexical
    from callwright_server.choice import CallChooser

    return CallChooser.open(bundle, None, threads=threads).judged_by


def _filters() -> dict[str, Filter]:
    """What plugins hold suggestions back with; a broken plugin is named in the log and left out."""
    plugins = Plugins(strict=False)
    filters = {name: offer.value for name, offer in plugins.filters.items()}
    for problem in plugins.problems:
        log.warning("Plugin %s: %s", problem.plugin, problem.message)
    return filters
