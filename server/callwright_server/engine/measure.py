"""Measures a bundle on this machine: time to read and to write tokens, memory, how near that is to the limit.

A decoder reads all its weights once for each token, so no machine writes tokens faster than its memory can
deliver them. That limit is measured in the same minute as the bundle, and results are given as shares of it,
because absolute times of a busy machine mean little.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from callwright_server.bundle import Bundle
from callwright_server.engine.engine import Engine
from callwright_server.engine.graph import usable_threads
from callwright_server.engine.settings import EngineSettings
from callwright_server.engine.slots import Slot

PROMPT_TOKENS, APPENDED_TOKENS, CALL_TOKENS = 256, 16, 12
_SAMPLE = 512 << 20  # more than the last-level cache of any usual machine
_ROUNDS, _STEPS = 3, 32


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What one bundle takes on this machine; times in milliseconds, medians."""

    name: str
    threads: int
    load_ms: float
    """From nothing to the first token, the bundle's files in the page cache."""
    prefill_ms: float
    """Reading a prompt of 256 tokens that is not cached."""
    append_ms: float
    """Reading 16 more tokens of a cached prompt."""
    token_ms: float
    """Writing one token after some 260 others."""
    best_token_ms: float
    """The quickest tenth's time: what the machine does when nothing else runs."""
    call_ms: float
    """16 new tokens of a cached prompt, then a call of 12 tokens."""
    memory_mb: float
    """Resident memory of the process after all that."""
    bandwidth_gb: float
    """Memory bandwidth measured right before and after, GB/s, with as many threads."""
    limit_ms: float
    """The weights of one token at that bandwidth."""

    @property
    def share(self) -> float:
        """Speed of writing as a share of the memory's limit."""
        return self.limit_ms / self.best_token_ms if self.best_token_ms else 0.0


def memory_bandwidth(threads: int) -> float:
    """Bytes a second that so many threads read from memory: the best of a few rounds."""
    parts = [np.ones(_SAMPLE // 8 // threads, np.float64) for _ in range(threads)]
    best = 0.0
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(4):
            began = time.perf_counter()
            list(pool.map(np.max, parts))
            best = max(best, _SAMPLE / (time.perf_counter() - began))
    return best


def measure(bundle: Bundle, settings: EngineSettings) -> Measurement:
    """Measure a bundle in this process; :func:`measure_apart` also gets the memory right."""
    threads = usable_threads(settings)
    before = memory_bandwidth(threads)
    began = time.perf_counter()
    engine = Engine(bundle, settings)
    engine.warm_up()
    load = time.perf_counter() - began
    text = _python_text()
    tokens = engine.encode(text)
    prompt, appended = (
        engine.decode(tokens[:length]) for length in (PROMPT_TOKENS, PROMPT_TOKENS + APPENDED_TOKENS)
    )
    prefill = _median(lambda: _cold(engine, prompt))
    append = _median(lambda: _after(engine, prompt, appended, 1))
    call = _median(lambda: _after(engine, prompt, appended, CALL_TOKENS))
    steps = _steps(engine, tokens[:PROMPT_TOKENS])
    bandwidth = max(before, memory_bandwidth(threads))
    return Measurement(
        name=bundle.name,
        threads=threads,
        load_ms=_ms(load),
        prefill_ms=_ms(prefill),
        append_ms=_ms(append),
        token_ms=_ms(statistics.median(steps)),
        best_token_ms=_ms(statistics.quantiles(steps, n=10)[0]),
        call_ms=_ms(call),
        memory_mb=round(resident_bytes() / 1e6, 1),
        bandwidth_gb=round(bandwidth / 1e9, 2),
        limit_ms=_ms(bundle.manifest.weight_bytes / bandwidth),
    )


def measure_apart(bundle: Path, settings: EngineSettings) -> Measurement:
    """Measure a bundle in a process of its own."""
    request = json.dumps({"bundle": str(bundle), "settings": asdict(settings)})
    run = subprocess.run(
        [sys.executable, "-m", __name__, request], stdout=subprocess.PIPE, text=True, check=True
    )
    return Measurement(**json.loads(run.stdout))


def resident_bytes() -> int:
    """Resident memory of this process; 0 where the platform does not tell."""
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def _cold(engine: Engine, prompt: str) -> float:
    engine.forget()
    return _after(engine, None, prompt, 1)


def _after(engine: Engine, known: str | None, prompt: str, tokens: int) -> float:
    """Seconds to generate so many tokens after a prompt, of which a part is known and the rest is not."""
    if known is not None:
        engine.generate(known, max_tokens=1)  # what an earlier round had read behind it is overwritten
    began = time.perf_counter()
    engine.generate(prompt, max_tokens=tokens)
    return time.perf_counter() - began


def _steps(engine: Engine, tokens: list[int]) -> list[float]:
    """Seconds of single decoding steps, each a pass over all weights."""
    slot = Slot(engine.graph.cache(len(tokens) + _STEPS))
    slot.read(tokens)
    times: list[float] = []
    for _ in range(_STEPS):
        began = time.perf_counter()
        token = int(slot.read([tokens[-1]])[0].argmax())
        times.append(time.perf_counter() - began)
        tokens = [token]
    return times


def _median(run: Callable[[], float]) -> float:
    return statistics.median(run() for _ in range(_ROUNDS))


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 4)


def _python_text() -> str:
    return Path(statistics.__file__).read_text(encoding="utf-8")[:8000]


if __name__ == "__main__":
    wanted = json.loads(sys.argv[1])
    found = measure(Bundle.open(Path(wanted["bundle"])), EngineSettings(**wanted["settings"]))
    json.dump(asdict(found), sys.stdout)
