"""What masks, and opening the index, cost."""

from __future__ import annotations

import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from callwright_grounding.cursor import Position
from callwright_grounding.masks import GroundedLine, Masks, Vocabulary
from callwright_grounding.resolution.resolver import Resolver
from callwright_server.engine.engine import Engine

LIBRARIES = ("torch", "transformers", "numpy", "pandas", "requests")


def measure_masks(
    resolver: Resolver, engine: Engine, sources: Iterator[tuple[Path, str]], count: int
) -> dict[str, object]:
    """CPU time of resolving a place, of the mask of each token there, and of the model's pass for a token."""
    masks = Masks(Vocabulary(engine.tokenizer))
    masks.vocabulary.warm_up()
    opened: list[float] = []
    steps: list[float] = []
    closed = 0
    for path, source in sources:
        dots = [match.end() for match in re.finditer(r"\w\.(?=[a-z]\w+\()", source)]
        for offset in random.Random(3).sample(dots, min(2, len(dots))):
            started = time.process_time()
            position = Position(resolver, source, offset, path=path)
            closed += position.wanted().closed
            opened.append(time.process_time() - started)
            steps += _steps(GroundedLine(position, masks), masks, source[offset : source.find("\n", offset)])
        if len(opened) >= count:
            break
    passes = _passes(engine)
    share = 100 * sorted(steps)[int(0.95 * len(steps))] / statistics.median(passes)
    return {
        "places": len(opened),
        "closed %": round(100 * closed / max(1, len(opened))),
        "resolving a place, once for a request, ms (median, p95)": _spread(opened),
        "mask of a token, ms (median, p95)": _spread(steps),
        "the model's pass for a token, ms (median, p95)": _spread(passes),
        "mask's p95 in % of the median pass": round(share, 1),
    }


def _steps(line: GroundedLine, masks: Masks, rest: str) -> list[float]:
    """CPU seconds of each mask while the author's own line is written."""
    tokens = masks.vocabulary.encode(rest)[:12]
    steps: list[float] = []
    for count in range(len(tokens)):
        started = time.process_time()
        line.allowed(tokens[:count])
        steps.append(time.process_time() - started)
    return steps


def _passes(engine: Engine) -> list[float]:
    """CPU seconds of reading one token behind a text of some length."""
    prompt = "import os\n" * 60
    tokens = engine.encode("for name in os.listdir(folder):")
    passes: list[float] = []
    for count in range(len(tokens)):
        started = time.process_time()
        engine.following(prompt, tokens[:count])
        passes.append(time.process_time() - started)
    return passes[1:]


def _spread(seconds: list[float]) -> list[float]:
    ordered = sorted(seconds) or [0.0]
    return [round(1000 * ordered[int(len(ordered) * part)], 2) for part in (0.5, 0.95)]


def measure_load(python: Path) -> dict[str, object]:
    """CPU and memory of a fresh process that opens the index and looks into the five libraries."""
    code = (
        "import time, resource, sys; start = time.process_time();"
        "from pathlib import Path;"
        "from callwright_grounding.environment import Environment, describe_interpreter;"
        "environment = Environment(describe_interpreter(Path(sys.argv[1])));"
        f"[environment.summary(name) for name in {LIBRARIES!r}];"
        # What getrusage says begins with what the parent held when it forked.
        "status = Path('/proc/self/status');"
        "high = status.read_text().split('VmHWM:')[1].split()[0] if status.exists() else"
        " resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "print(time.process_time() - start, int(high) / 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(python)], capture_output=True, text=True, check=True
    )
    seconds, megabytes = done.stdout.split()
    return {"load, CPU seconds": round(float(seconds), 2), "resident MB": round(float(megabytes))}


def measure_index(python: Path) -> dict[str, object]:
    """CPU seconds of indexing the five libraries and the standard library, from nothing."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as home:
        build = [sys.executable, "-m", "callwright_grounding.environment.build", "--python", str(python)]
        subprocess.run(
            [*build, "--only", ",".join(LIBRARIES)],
            env={**os.environ, "CALLWRIGHT_HOME": home},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        size = sum(file.stat().st_size for file in Path(home).rglob("*") if file.is_file())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"index once, CPU seconds": round(spent, 1), "on disk, MB": round(size / 1e6, 1)}
