"""What a script costs: warm in the sandbox, and beside it in a fresh interpreter."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from callwright_training.execution.environment import Environment
from callwright_training.execution.runner import Runner
from callwright_training.execution.sandbox import Sandbox
from callwright_training.execution.verdict import Script

Step = Callable[[str, float], None]


@dataclass(frozen=True)
class Timing:
    """Seconds that scripts took."""

    scripts: int
    workers: int
    median: float
    """Of one script, warm, all workers busy: from its fork to its verdict."""
    mean: float
    processor: float
    """Processor time of one script, the median; another program's load changes it little."""
    wall: float
    """Of all scripts together."""
    each: float
    """``wall`` by scripts: how often a verdict comes, by all workers together."""
    fresh: int
    """Scripts that were also run without anything imported beforehand."""
    fresh_median: float
    """Of those, in a fresh interpreter."""
    alone_median: float
    """Of the same scripts, warm, one worker with nothing beside it."""
    ratio: float
    """Median of fresh by warm, each script both ways in turn, one worker."""


def time_scripts(
    environment: Environment,
    codes: Sequence[str],
    *,
    fresh: int,
    workers: int | None = None,
    step: Step = lambda what, done: None,
) -> Timing:
    """Time scripts in lenient mode; sandboxes are warm before the clock starts.

    Args:
        environment: What they run with.
        codes: The scripts.
        fresh: How many of them are also run fresh, in a sandbox that has imported nothing: what
            ``python script.py`` takes, but for the interpreter's own start.
        workers: Sandboxes at the same time; as many as there are processors where ``None``.
        step: Reports progress.

    Raises:
        SandboxError: The sandbox is not to be had on this machine.
    """
    with Runner(environment, workers=workers) as runner:
        step("warming up", 0.0)
        list(runner.run(Script(str(i), f"import time\ntime.sleep(2)\n{i}") for i in range(runner.workers)))
        step(f"{len(codes)} scripts, warm", 0.2)
        began = time.monotonic()
        verdicts = list(runner.run(Script(code, code) for code in codes))
        wall = time.monotonic() - began
    chosen = codes[:: max(1, len(codes) // max(1, fresh))][:fresh]
    seconds = [verdict.seconds for verdict in verdicts]
    pairs = _in_turns(environment, chosen, step)
    return Timing(
        scripts=len(seconds),
        workers=runner.workers,
        median=statistics.median(seconds),
        mean=statistics.fmean(seconds),
        processor=statistics.median([verdict.processor for verdict in verdicts]),
        wall=wall,
        each=wall / len(seconds),
        fresh=len(pairs),
        fresh_median=statistics.median([cold for cold, _ in pairs] or [0.0]),
        alone_median=statistics.median([warm for _, warm in pairs] or [0.0]),
        ratio=statistics.median([cold / warm for cold, warm in pairs] or [0.0]),
    )


def _in_turns(environment: Environment, codes: Sequence[str], step: Step) -> list[tuple[float, float]]:
    """Seconds of each script, fresh and warm."""
    if not codes:
        return []
    bare = replace(environment.surroundings, warm=())
    pairs = []
    with Sandbox(environment.surroundings) as warm, Sandbox(bare) as fresh:
        for number, code in enumerate(codes):
            step(f"{len(codes)} scripts, fresh and warm", 0.5 + 0.5 * number / len(codes))
            took = [sandbox.run("a", code, lenient=True)["seconds"] for sandbox in (fresh, warm)]
            pairs.append((took[0], took[1]))
    return pairs
