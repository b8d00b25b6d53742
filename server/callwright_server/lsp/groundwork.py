"""Brings what is installed into memory beside the server's work, and checks buffers against it.

Nothing here takes the event loop's time: reading and checking have one thread, building a missing index a
process of its own at low priority, once for each interpreter. Until all is there, everything is as without.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from callwright_grounding.catalogue import Catalogue
from callwright_grounding.checking import Checker, Finding, KnownIds
from callwright_grounding.environment import Environment, Interpreter
from callwright_grounding.errors import UserError
from callwright_server.lsp.giving_way import give_way
from callwright_server.settings import Grounding
from callwright_server.suggest.grounding import where
from callwright_server.suggest.installed import Installed, look, open_environment

log = logging.getLogger(__name__)

LOOK_AGAIN = 10.0
"""Seconds between two looks at what has changed on disk."""
_NICENESS = 15
_IMPORTED = re.compile(r"^[ \t]*(?:from|import)[ \t]+(\w+)", re.MULTILINE)


class Groundwork:
    """What exists for the user's interpreter, for one connection.

    Everything here runs in the event loop's thread but what :attr:`_thread` does.

    Args:
        installed: Where the environment is put for whoever writes lines.
        on_change: What exists is known now, or has changed.
        on_indexing: What is being indexed; empty once that has ended.
        imported: Top-level modules that the open buffers import: what is indexed first.
    """

    def __init__(
        self,
        installed: Installed,
        *,
        on_change: Callable[[], None],
        on_indexing: Callable[[str], None],
        imported: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self._installed, self._on_change, self._on_indexing = installed, on_change, on_indexing
        self._imported = imported
        self._thread = ThreadPoolExecutor(
            max_workers=1, thread_name_prefix="callwright-grounding", initializer=give_way
        )
        self._settings = Grounding(enabled=False)
        self._folders: tuple[Path, ...] = ()
        self._task: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._built: set[Path] = set()
        self._checker: Checker | None = None
        self._interpreter: Interpreter | None = None
        self._looked = 0.0
        self.generation = 0
        """Counts how often what exists has changed."""

    @property
    def known(self) -> bool:
        """Whether it is known what exists."""
        return self._checker is not None

    def use(self, settings: Grounding, folders: Sequence[Path]) -> None:
        """Take over settings and the workspace; what was known is kept where they name the same."""
        before = (self._settings.enabled, self._settings.python, self._folders)
        asked = self._task is not None or self.known
        self._settings, self._folders = settings, tuple(folders)
        if (settings.enabled, settings.python, self._folders) != before:
            self._forget()
            if asked:
                self.wake()

    def wake(self) -> None:
        """There is Python to look at: begin, unless that has happened."""
        if self._settings.enabled and not self.known and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._load())

    def saved(self) -> None:
        """A file was saved: what exists may have changed."""
        if self.known and self._task is not None and self._task.done():
            now = time.monotonic()
            if now - self._looked >= LOOK_AGAIN:
                self._looked = now
                self._task = asyncio.get_running_loop().create_task(self._look_again())

    async def check(self, text: str, path: Path | None, catalogue: Catalogue | None) -> list[Finding]:
        """What a buffer names that does not exist; nothing where that is not known."""
        if (checker := self._checker) is None:
            return []
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, _checked, checker, text, path, catalogue
        )

    def close(self) -> None:
        """The server ends."""
        self._forget()
        self._thread.shutdown(wait=False, cancel_futures=True)

    # -- inside -------------------------------------------------------------------------------------------

    def _forget(self) -> None:
        if self._task is not None:
            self._task.cancel()
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
        self._task = self._checker = self._process = None
        self._installed.environment = None

    async def _load(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            interpreter, whole = await loop.run_in_executor(
                self._thread, look, self._settings.python, self._folders
            )
            self._interpreter = interpreter
            if not whole:
                await self._build_and_open(interpreter)
            else:
                await self._open(interpreter)
        except UserError as error:
            log.warning("%s", error)
        except Exception as error:
            log.error("What is installed could not be read: %s", where(error))

    async def _open(self, interpreter: Interpreter) -> None:
        """Two environments: one is read while a line is written, the other while a buffer is checked."""
        loop = asyncio.get_running_loop()
        writing, checking = await loop.run_in_executor(
            self._thread, lambda: [open_environment(interpreter, self._folders) for _ in range(2)]
        )
        self._take(writing, checking)

    def _take(self, writing: Environment, checking: Environment) -> None:
        self._installed.environment, self._checker = writing, Checker(checking)
        self._looked = time.monotonic()
        self.generation += 1
        self._on_change()

    async def _look_again(self) -> None:
        checker, interpreter = self._checker, self._interpreter
        try:
            loop = asyncio.get_running_loop()
            if checker is None or interpreter is None:
                return
            if await loop.run_in_executor(self._thread, checker.environment.refresh):
                await self._open(interpreter)
        except Exception as error:
            log.error("What is installed could not be read again: %s", where(error))

    async def _build_and_open(self, interpreter: Interpreter) -> None:
        """Build what is missing of the index, once: what is imported, used at once, then the rest."""
        if interpreter.executable in self._built:
            return
        self._built.add(interpreter.executable)
        if first := sorted(self._imported()):
            if not await self._build(interpreter, ["--only", ",".join(first)]):
                return
            await self._open(interpreter)
        if await self._build(interpreter, []):
            await self._open(interpreter)

    async def _build(self, interpreter: Interpreter, options: list[str]) -> bool:
        """Build a part of the index; whether that worked."""
        command = ["-m", "callwright_grounding.environment.build", "--python", str(interpreter.executable)]
        command += options
        process = self._process = await asyncio.create_subprocess_exec(
            sys.executable, *command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, creationflags=_flags()
        )
        _make_nice(process.pid)
        try:
            while process.stdout is not None and (line := await process.stdout.readline()):
                progress = json.loads(line)
                self._on_indexing(f"{progress['distribution']}, then {progress['remaining']} more")
            code = await process.wait()
        finally:
            self._on_indexing("")
        if code != 0:
            log.warning("Indexing what is installed ended with %d; `callwright index` says why.", code)
        return code == 0


def imported_in(texts: Iterable[str]) -> set[str]:
    """Top-level modules that some buffers import, also buffers that do not parse."""
    return {match for text in texts for match in _IMPORTED.findall(text)}


def _checked(checker: Checker, text: str, path: Path | None, catalogue: Catalogue | None) -> list[Finding]:
    """Findings, in lines and columns as the protocol counts lines; our mistakes go to the log."""
    checker.known = KnownIds(catalogue)
    try:
        found = checker.check(text.replace("\r\n", "\n").replace("\r", "\n"), path)
    except Exception as error:
        log.error("A buffer could not be checked: %s", where(error))
        return []
    # While it is being written a buffer often does not parse; editors say that themselves.
    return [finding for finding in found if finding.code != "unreadable"]


def _flags() -> int:
    """Low priority, where it is given at the start."""
    return getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)


def _make_nice(process: int) -> None:
    """Low priority, where it is given afterwards."""
    if hasattr(os, "setpriority"):
        try:
            os.setpriority(os.PRIO_PROCESS, process, _NICENESS)
        except OSError as error:
            log.info("Indexing keeps its priority: %s", error)
