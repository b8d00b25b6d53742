"""Runs scripts in sandboxes, several at a time, and gives one verdict each.

A verdict depends on the script, the mode and the environment alone: not on the order, the number of workers
or what ran before. With a store, what was judged once is not run again, also after a killed run.
"""

from __future__ import annotations

import hashlib
import json
import os
import queue
import threading
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal, Protocol, Self, get_args

from callwright_training.errors import SandboxError
from callwright_training.execution.environment import Environment
from callwright_training.execution.failures import to_verdict
from callwright_training.execution.limits import Limits
from callwright_training.execution.sandbox import Sandbox, SandboxMode
from callwright_training.execution.verdict import Failure, Script, Verdict

Mode = Literal["strict", "lenient"]
_ATTEMPTS = 2
_UNSTORED = frozenset({Failure.SANDBOX, Failure.TIMEOUT, Failure.KILLED})
"""A slow or full machine may bring these about; they are worth another try in the next run."""


class Warm(Protocol):
    """A sandbox that waits for scripts, here or elsewhere."""

    def run(self, name: str, code: str, *, lenient: bool) -> dict[str, Any]:
        """Run one script; raises ``SandboxError`` where the sandbox itself has ended."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class Runner:
    """Judges scripts by running them.

    Args:
        environment: The library versions to run with.
        mode: ``strict`` runs scripts as they are; ``lenient`` lays out missing inputs and forgives the lack
            of a GPU and of the network, and says in each verdict what it did.
        sandbox: ``namespaces``, or ``rlimits`` where the machine forbids those.
        limits: What each script may use.
        workers: How many sandboxes; as many as there are processors by default.
        store: A JSONL file of verdicts by content, read first and added to.
        ray: Address of a Ray cluster whose machines run the scripts; then ``workers`` counts there.

    Raises:
        SandboxError: There is no such cluster. That the sandbox is not to be had shows on the first run.
    """

    def __init__(
        self,
        environment: Environment,
        mode: Mode = "lenient",
        *,
        sandbox: SandboxMode = "namespaces",
        limits: Limits | None = None,
        workers: int | None = None,
        store: Path | None = None,
        ray: str | None = None,
    ) -> None:
        if mode not in get_args(Mode):
            raise ValueError(f"mode is strict or lenient, not {mode!r}")
        self.environment = environment
        self.mode: Mode = mode
        self.sandbox: SandboxMode = sandbox
        self.limits = limits or Limits()
        self.ray = ray
        self.workers = workers or _processors(ray)
        self.store = store
        self._known = _read_store(store) if store else {}
        self._idle: queue.SimpleQueue[Warm] = queue.SimpleQueue()
        self._to_be_had = False
        self._write = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the sandboxes; a later run starts new ones."""
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return

    def run(self, scripts: Iterable[Script]) -> Iterator[Verdict]:
        """Yield one verdict per script, in the order in which they are found.

        Raises:
            SandboxError: The sandbox is not to be had on this machine.
        """
        waiting: dict[str, list[Script]] = {}
        for script in scripts:
            key = self.key(script)
            if verdict := self._without_running(script, key):
                yield verdict
            else:
                waiting.setdefault(key, []).append(script)
        for key, verdict in self._run_all({key: same[0] for key, same in waiting.items()}):
            for script in waiting[key]:
                yield replace(verdict, id=script.id)

    def key(self, script: Script) -> str:
        """What the verdict of this script depends on, as one hash."""
        parts = (script.code, self.mode, self.sandbox, self.environment.digest)
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]

    def _without_running(self, script: Script, key: str) -> Verdict | None:
        if script.code is None or not script.code.strip():
            return Verdict(script.id, ok=False, mode=self.mode, failure=Failure.NO_CODE, message="no code")
        return replace(self._known[key], id=script.id) if key in self._known else None

    def _run_all(self, scripts: dict[str, Script]) -> Iterator[tuple[str, Verdict]]:
        tasks: queue.SimpleQueue[tuple[str, Script]] = queue.SimpleQueue()
        for item in scripts.items():
            tasks.put(item)
        results: queue.SimpleQueue[tuple[str, Verdict] | BaseException | None] = queue.SimpleQueue()
        stop = threading.Event()
        count = min(self.workers, len(scripts))
        threads = [threading.Thread(target=self._work, args=(tasks, results, stop)) for _ in range(count)]
        for thread in threads:
            thread.start()
        try:
            while count:
                result = results.get()
                if result is None:
                    count -= 1
                elif isinstance(result, BaseException):
                    raise result
                else:
                    self._keep(*result)
                    yield result
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def _work(
        self,
        tasks: queue.SimpleQueue[tuple[str, Script]],
        results: queue.SimpleQueue[tuple[str, Verdict] | BaseException | None],
        stop: threading.Event,
    ) -> None:
        sandbox: Warm | None = None
        try:
            while not stop.is_set():
                try:
                    key, script = tasks.get_nowait()
                except queue.Empty:
                    break
                sandbox, verdict = self._judge(script, sandbox)
                results.put((key, verdict))
        except BaseException as error:
            results.put(error)
        finally:
            if sandbox is not None:
                self._idle.put(sandbox)
            results.put(None)

    def _judge(self, script: Script, sandbox: Warm | None) -> tuple[Warm | None, Verdict]:
        """Run one script, in a new sandbox where the old one has ended."""
        reason = ""
        for _ in range(_ATTEMPTS):
            try:
                sandbox = sandbox or self._take_sandbox()
                answer = sandbox.run(script.id, script.code or "", lenient=self.mode == "lenient")
            except SandboxError as error:
                if sandbox is None and not self._to_be_had:
                    raise
                if sandbox is not None:
                    sandbox.close()
                sandbox, reason = None, str(error)
            else:
                self._to_be_had = True
                return sandbox, to_verdict(answer, self.mode)
        return None, Verdict(script.id, ok=False, mode=self.mode, failure=Failure.SANDBOX, message=reason)

    def _take_sandbox(self) -> Warm:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            if self.ray is None:
                return Sandbox(self.environment.surroundings, self.limits, self.sandbox)
            from callwright_training.execution.cluster import RemoteSandbox

            return RemoteSandbox(self.environment, self.limits, self.sandbox, self.ray)

    def _keep(self, key: str, verdict: Verdict) -> None:
        if self.store is None or verdict.failure in _UNSTORED:
            return
        self._known[key] = verdict
        row = json.dumps({"key": key, **asdict(verdict)}) + "\n"
        with self._write, self.store.open("a", encoding="utf-8") as handle:
            handle.write(row)


def _processors(ray: str | None) -> int:
    if ray is None:
        return os.cpu_count() or 1
    from callwright_training.execution.cluster import processors

    return processors(ray)


def _read_store(path: Path) -> dict[str, Verdict]:
    """Verdicts by key; a last line cut short by a kill is left out."""
    path.parent.mkdir(parents=True, exist_ok=True)
    known = {}
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        key = row.pop("key")
        row["leniencies"], row["models"] = tuple(row["leniencies"]), tuple(row["models"])
        row["failure"] = Failure(row["failure"]) if row["failure"] else None
        known[key] = Verdict(**row)
    return known
