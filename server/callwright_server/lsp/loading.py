"""Brings the model into memory beside the server's work, and out of it again.

A bundle that is missing or damaged is said once; then its folder is looked at every now and then, and it is
opened as soon as it has changed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from callwright_grounding.catalogue import Catalogue
from callwright_server.bundle import DEFAULT_BUNDLE, bundles_folder
from callwright_server.errors import ServerError
from callwright_server.lsp.giving_way import give_way
from callwright_server.settings import Settings
from callwright_server.suggest.installed import Installed
from callwright_server.suggest.opening import Opened, open_bundle
from callwright_server.suggest.shelf import Shelf
from callwright_server.suggest.suggester import Suggester

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between two looks at a bundle that could not be opened."""

Report = Callable[[str], None]


class Loader:
    """Holds the suggester that serves, and replaces it when settings change.

    Everything here runs in the event loop's thread, but opening a bundle, which has a thread of its own.

    Args:
        on_begin: A bundle is being opened; the awaited function reports its stages.
        on_ready: It is open; told its name.
        on_failure: It could not be opened; told why, once per reason.
        on_off: There is none now; told why.
        installed: What exists for the user's interpreter, as soon as that is known.
    """

    def __init__(
        self,
        *,
        on_begin: Callable[[], Awaitable[Report]],
        on_ready: Callable[[str], None],
        on_failure: Callable[[str], None],
        on_off: Callable[[str], None],
        installed: Installed | None = None,
    ) -> None:
        self._on_begin, self._on_ready, self._on_failure, self._on_off = (
            on_begin,
            on_ready,
            on_failure,
            on_off,
        )
        self._installed = installed
        self._thread = ThreadPoolExecutor(
            max_workers=1, thread_name_prefix="callwright-load", initializer=give_way
        )
        self._settings: Settings | None = None
        self._opened: Opened | None = None
        self._task: asyncio.Task[None] | None = None
        self.suggester: Suggester | None = None
        """What answers; ``None`` while nothing is loaded."""

    @property
    def name(self) -> str:
        """Name of the bundle that is served; empty while none is."""
        return self._opened.bundle.name if self._opened else ""

    @property
    def shelf(self) -> Shelf | None:
        """What can be offered; ``None`` while no bundle is open."""
        return self._opened.shelf if self._opened else None

    @property
    def catalogue(self) -> Catalogue | None:
        """The catalogue of the bundle that is served."""
        return self._opened.bundle.catalogue if self._opened else None

    def use(self, settings: Settings) -> None:
        """Serve with these settings from now on."""
        before, self._settings = self._settings, settings
        if not settings.enabled:
            self.unload("switched off in the settings")
        elif before is None or _needs_loading(before, settings):
            self._load()
        elif self._opened is not None:
            self.suggester = self._opened.suggester(settings)

    def wake(self) -> None:
        """A request came: load again what was unloaded for idleness."""
        if self._settings and self._settings.enabled and self._opened is None and self._task is None:
            self._load()

    def unload(self, why: str) -> None:
        """Free the model's memory."""
        self._cancel()
        self._opened = self.suggester = None
        self._on_off(why)

    def close(self) -> None:
        """The server ends."""
        self._cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _load(self) -> None:
        self._cancel()
        self._opened = self.suggester = None
        self._task = asyncio.get_running_loop().create_task(self._keep_trying())

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _keep_trying(self) -> None:
        settings = self._settings or Settings()
        said = ""
        while True:
            looked = _fingerprint(settings.bundle)
            try:
                await self._open(settings)
            except ServerError as error:
                reason = str(error)
            except Exception as error:
                log.exception("The bundle cannot be opened.")
                reason = f"The bundle cannot be opened: {error}"
            else:
                self._task = None
                return
            if reason != said:
                self._on_failure(reason)
                said = reason
            while _fingerprint(settings.bundle) == looked:
                await asyncio.sleep(LOOK_EVERY)

    async def _open(self, settings: Settings) -> None:
        loop = asyncio.get_running_loop()
        report = await self._on_begin()

        def reported(stage: str) -> None:
            loop.call_soon_threadsafe(report, stage)

        opened = await loop.run_in_executor(self._thread, open_bundle, settings, reported, self._installed)
        self._opened = opened
        self.suggester = opened.suggester(self._settings or settings)
        self._on_ready(opened.bundle.name)


def _needs_loading(before: Settings, now: Settings) -> bool:
    return (before.enabled, before.bundle, before.engine) != (now.enabled, now.bundle, now.engine)


def _fingerprint(bundle: str) -> tuple[tuple[str, int, int], ...]:
    """Names, sizes and times of change of the files where a bundle should be."""
    name = bundle or DEFAULT_BUNDLE
    folders = (bundles_folder() / name, Path(name).expanduser())
    found: list[tuple[str, int, int]] = []
    for file in (file for folder in folders if folder.is_dir() for file in sorted(folder.iterdir())):
        try:
            status = file.stat()
        except OSError:
            continue
        # Opening writes a stamp into the folder; that is no change.
        if not file.name.startswith("."):
            found.append((str(file), status.st_size, status.st_mtime_ns))
    return tuple(found)
