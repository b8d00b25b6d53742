"""Engines measured in turns: what disturbs one round disturbs all of them, so that their ratios stand.

A machine's speed changes from minute to minute: other work, other guests of the same host, heat. So every
round measures each engine once, and the memory's speed beside them; what is reported is the median over the
rounds, and ratios are medians of each round's own ratio.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from callwright_server.engine.measure import memory_bandwidth

RUNNERS = Path(__file__).parent / "runners.py"
_MEMORY = 1.5
"""Memory that an engine takes, as a multiple of its files."""


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """One engine with one file of weights."""

    name: str
    kind: str
    """One of :data:`runners.KINDS`."""
    where: str
    vocabulary: int
    weight_bytes: int = 0
    """What is read for each token; 0 where that is not known."""
    python: str = sys.executable


@dataclass(eq=False)
class Lane:
    """What was measured of one entrant, round by round, in seconds."""

    entrant: Entrant
    seconds: dict[str, list[float]] = field(default_factory=dict)
    cpu_token: list[float] = field(default_factory=list)
    memory: float = 0.0

    def median(self, what: str) -> float:
        """The median of one measure, in milliseconds."""
        return round(1000 * statistics.median(self.seconds[what]), 2)


@dataclass
class Race:
    """All of a race's lanes, and the memory's speed in each round."""

    lanes: list[Lane]
    bandwidth: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """Engines that did not start, and why."""

    def ratio(self, lane: Lane, other: Lane, what: str, others: str = "") -> float:
        """How many times as long the other one takes; above 1 the first is quicker.

        Args:
            lane: The first.
            other: The other one.
            what: The measure.
            others: The other one's measure, where it is not the same.
        """
        pairs = zip(other.seconds[others or what], lane.seconds[what], strict=True)
        return round(statistics.median(theirs / ours for theirs, ours in pairs), 2)

    def share(self, lane: Lane) -> float | None:
        """Speed of writing tokens as a share of what the memory can deliver."""
        if not lane.entrant.weight_bytes:
            return None
        pairs = zip(self.bandwidth, lane.seconds["decode"], strict=True)
        return round(statistics.median(lane.entrant.weight_bytes / (b * s) for b, s in pairs), 3)


class Process:
    """A runner in a process of its own.

    Args:
        entrant: What it runs.
        threads: Its threads.

    Raises:
        RuntimeError: It did not start, or there is too little memory for it beside what runs already.
    """

    def __init__(self, entrant: Entrant, threads: int) -> None:
        free = free_memory()
        if free is not None and free < (needed := _MEMORY * _size(Path(entrant.where))):
            raise RuntimeError(
                f"{entrant.name}: needs some {needed / 1e9:.1f} GB of memory, {free / 1e9:.1f} are free"
            )
        order = {"kind": entrant.kind, "where": entrant.where, "threads": threads}
        order |= {"vocabulary": entrant.vocabulary}
        self._process = subprocess.Popen(
            [entrant.python, str(RUNNERS), json.dumps(order)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != "ready":
            error = self._process.communicate()[1].strip().splitlines() or ["ended"]
            raise RuntimeError(f"{entrant.name}: {error[-1]}")

    def do(self, what: str, **arguments: Any) -> float:
        """Have something measured."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({"do": what, **arguments}), file=self._process.stdin, flush=True)
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError((self._process.communicate()[1].strip().splitlines() or ["ended"])[-1])
        return float(json.loads(answer))

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


def race(entrants: Sequence[Entrant], *, threads: int, rounds: int, tokens: int) -> Race:
    """Measure engines in turns.

    Args:
        entrants: The engines; one that does not start is named in ``failed`` and left out.
        threads: Threads of each.
        rounds: How often each is measured.
        tokens: Tokens that are written for one measure.
    """
    found = Race([])
    with _started(entrants, threads, found) as running:
        for number in range(rounds + 1):
            bandwidth = [memory_bandwidth(threads)]
            for lane, process in list(running.items()):
                try:
                    _measure(lane, process, tokens, keep=number > 0)
                except RuntimeError as error:
                    found.failed.append(f"{lane.entrant.name}: {error}")
                    del running[lane]
            bandwidth.append(memory_bandwidth(threads))
            if number:  # the first round warms everything up
                found.bandwidth.append(max(bandwidth))
        found.lanes = list(running)
    return found


def free_memory() -> int | None:
    """Bytes of memory that can be had without swapping; ``None`` where the system does not tell."""
    path = Path("/proc/meminfo")
    lines = path.read_text(encoding="ascii").splitlines() if path.is_file() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable")), None)


def _size(where: Path) -> int:
    files = where.rglob("*") if where.is_dir() else [where]
    return sum(path.stat().st_size for path in files if path.is_file())


def _measure(lane: Lane, process: Process, tokens: int, *, keep: bool) -> None:
    whats = ["prefill", "cold", "one_more", "line", "call"]
    whats += ["generate"] if lane.entrant.kind == "torch" else []
    seconds = {what: process.do(what) for what in whats}
    before = process.do("cpu")
    seconds["decode"] = process.do("decode", tokens=tokens)
    if keep:
        lane.cpu_token.append((process.do("cpu") - before) / tokens)
        lane.memory = process.do("memory")
        for what, value in seconds.items():
            lane.seconds.setdefault(what, []).append(value)


@contextmanager
def _started(entrants: Sequence[Entrant], threads: int, found: Race) -> Iterator[dict[Lane, Process]]:
    processes: list[Process] = []
    running: dict[Lane, Process] = {}
    try:
        for entrant in entrants:
            try:
                processes.append(Process(entrant, threads))
                running[Lane(entrant)] = processes[-1]
            except RuntimeError as error:
                found.failed.append(str(error))
        yield running
    finally:
        for process in processes:
            process.close()
