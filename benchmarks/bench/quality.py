"""What each way to store the weights costs in agreement and accuracy, and gains in time and memory.

Held out are the trace's own scripts: they were written for this benchmark, so no model was trained on them.
The choice among calls does not depend on how the language model is stored (`retriever/choice.json` gives it
no weight by default), so what is asked here is the next token of the code that is typed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from models import Model
from typist import SCRIPTS, TYPED_FROM

from callwright_server.bundle import Bundle
from callwright_server.engine import Engine, EngineSettings
from callwright_server.engine.measure import Measurement, measure_apart

STORED = ("fp32", "int8", "int8-dynamic", "int4")

Row = dict[str, Any]


def compared(model: str = "smollm2-135m", stored: tuple[str, ...] = STORED) -> list[Row]:
    """One row for each way to store one model's weights."""
    return [_row(Bundle.open(Path(Model(model).entrant(f"ours-{way}").where)), way) for way in stored]


def _row(bundle: Bundle, way: str) -> Row:
    parity = bundle.manifest.parity
    found: Measurement = measure_apart(bundle.path, EngineSettings())
    accuracy, surprise, tokens = _next_tokens(Engine(bundle))
    return {
        "stored": way,
        "MB": round(bundle.size / 1e6),
        "agreement with torch": parity.agreement,
        "mean KL": parity.mean_kl,
        f"next token of {tokens}": round(accuracy, 3),
        "nats a token": round(surprise, 3),
        "read 256, ms": found.prefill_ms,
        "token, ms": found.token_ms,
        "call of 12, ms": found.call_ms,
        "memory, MB": found.memory_mb,
    }


def _next_tokens(engine: Engine) -> tuple[float, float, int]:
    """Share of the typed tokens that the model finds likeliest, and how much they surprise it."""
    right, surprise = [], []
    for path in sorted(SCRIPTS.glob("*.txt")):
        before, _, typed = path.read_text(encoding="utf-8").partition(TYPED_FROM)
        known = len(engine.encode(before))
        tokens = engine.encode(before + typed)
        logits = engine.logits(tokens)[known - 1 : -1]
        following = np.array(tokens[known:])
        chosen = logits[np.arange(len(following)), following]
        highest = logits.max(axis=1)
        right.append(logits.argmax(axis=1) == following)
        surprise.append(np.log(np.exp(logits - highest[:, None]).sum(axis=1)) + highest - chosen)
    hits = np.concatenate(right)
    return float(hits.mean()), float(np.concatenate(surprise).mean()), len(hits)
