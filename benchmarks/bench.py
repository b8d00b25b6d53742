"""``make bench``: decoding speed beside what else is measured in the same run, as a table and as JSON.

Every row is set against two things measured in the same minutes: PyTorch's eager model with the same weights
in 32 bits, and the time in which the memory can deliver one token's weights. The small model has its real
weights, GPT-2 small and large have random ones of the true shape. Accuracy is not measured here.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import onnxruntime
from rich.console import Console
from rich.table import Table

from callwright_grounding.catalogue import Catalogue, CatalogueEntry
from callwright_server.bundle import Quantization
from callwright_server.engine import EngineSettings
from callwright_server.engine.measure import (
    APPENDED_TOKENS,
    CALL_TOKENS,
    PROMPT_TOKENS,
    measure_apart,
    memory_bandwidth,
)
from callwright_training.bases import load_base
from callwright_training.export import CatalogueSource, ExportRequest, export_bundle

RESULTS = Path(__file__).parent / "results"
MODELS = ("smollm2-135m", "gpt2", "gpt2-large")
_SHAPES = {"gpt2": (12, 12, 768), "gpt2-large": (36, 20, 1280)}
_ROUNDS = 3

Row = dict[str, Any]


@click.command()
@click.option(
    "--models", default=",".join(MODELS), show_default=True, help="Which models; `tiny` is for trying out."
)
@click.option(
    "--quantizations", default="int8,int8-dynamic,int4", show_default=True, help="How weights are stored."
)
@click.option("--threads", default=2, show_default=True, help="Threads of every engine.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="JSON file; a dated one in benchmarks/results if not given.",
)
def bench(models: str, quantizations: str, threads: int, out: Path | None) -> None:
    """Measure decoding: PyTorch, this engine in several quantizations, and the memory's limit."""
    rows = [row for model in models.split(",") for row in _rows(model, quantizations.split(","), threads)]
    out = out or RESULTS / f"{datetime.now():%Y-%m-%d-%H%M}.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(
        json.dumps({"machine": _machine(threads), "rows": rows}, indent=2) + "\n", encoding="utf-8"
    )
    _print(rows)
    click.echo(f"written to {out}")


def _rows(model: str, quantizations: list[str], threads: int) -> Iterator[Row]:
    click.echo(f"{model}: PyTorch ...", err=True)
    with tempfile.TemporaryDirectory(prefix="callwright-bench-") as scratch:
        folder = Path(scratch)
        base = _base(model, folder)
        torch_row = _torch(base, threads) | {"model": model}
        yield torch_row
        for quantization in quantizations:
            click.echo(f"{model}: {quantization} ...", err=True)
            yield _ours(base, quantization, folder, threads) | _against(torch_row) | {"model": model}


def _base(model: str, folder: Path) -> str:
    """A name or folder that `load_base` knows; random models of true shape are written into the folder."""
    if model not in _SHAPES:
        return model
    from transformers import GPT2Config, GPT2LMHeadModel

    layers, heads, width = _SHAPES[model]
    tokenizer = load_base("tiny-gpt2").tokenizer
    config = GPT2Config(n_layer=layers, n_head=heads, n_embd=width, bos_token_id=1, eos_token_id=1)
    GPT2LMHeadModel(config).save_pretrained(folder / "base")
    tokenizer.save_pretrained(folder / "base")
    return str(folder / "base")


def _torch(name: str, threads: int) -> Row:
    """PyTorch eager in 32 bits, with its own cache."""
    import torch

    torch.set_num_threads(threads)
    base = load_base(name)
    tokens = torch.full((1, PROMPT_TOKENS + APPENDED_TOKENS), 300)
    with torch.inference_mode():
        prefill = _median(lambda: base.model(tokens[:, :PROMPT_TOKENS], use_cache=True))
        call = _median(lambda: _generate(base.model, tokens, CALL_TOKENS))
        start = _median(lambda: _generate(base.model, tokens, 1))
    token = (call - start) / (CALL_TOKENS - 1)
    return {
        "engine": "torch fp32",
        "prefill_ms": _ms(prefill),
        "token_ms": _ms(token),
        "cold_call_ms": _ms(call),
    }


def _generate(model: Any, tokens: Any, count: int) -> None:
    model.generate(
        tokens,
        max_new_tokens=count,
        min_new_tokens=count,
        do_sample=False,
        attention_mask=tokens.ne(-1),
        pad_token_id=0,
    )


def _ours(base: str, quantization: str, folder: Path, threads: int) -> Row:
    """Export and measure; the bundle is deleted again."""
    catalogue = Catalogue([CatalogueEntry(name="none", call="none()", domain="none")])
    kind: Quantization = quantization  # type: ignore[assignment]
    request = ExportRequest(
        base=base,
        catalogue=CatalogueSource("none", "none", lambda: catalogue),
        out=folder / quantization,
        name=quantization,
        quantization=kind,
        least_agreement=0,
    )
    bundle = export_bundle(request, lambda what, done: None)
    found = measure_apart(bundle.path, EngineSettings(threads=threads))
    return {
        "engine": f"callwright {quantization}",
        "prefill_ms": found.prefill_ms,
        "token_ms": found.token_ms,
        "best_token_ms": found.best_token_ms,
        "cold_call_ms": round(found.prefill_ms + found.call_ms, 2),
        "call_ms": found.call_ms,
        "memory_mb": found.memory_mb,
        "weight_mb": round(bundle.manifest.weight_bytes / 1e6, 1),
        "bandwidth_gb": found.bandwidth_gb,
        "share_of_limit": round(found.share, 3),
        "agreement": bundle.manifest.parity.agreement,
    }


def _against(reference: Row) -> Row:
    return {"torch_token_ms": reference["token_ms"], "torch_cold_call_ms": reference["cold_call_ms"]}


def _machine(threads: int) -> Row:
    return {
        "processor": _processor(),
        "threads": threads,
        "bandwidth_gb": round(memory_bandwidth(threads) / 1e9, 1),
        "load": [round(value, 1) for value in os.getloadavg()],
        "python": platform.python_version(),
        "onnxruntime": onnxruntime.__version__,
        "date": f"{datetime.now():%Y-%m-%d %H:%M}",
    }


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")),
        platform.machine(),
    )


def _print(rows: list[Row]) -> None:
    table = Table(
        "model", "engine", "read 256", "token", "call, cold", "times torch", "share of limit", "memory"
    )
    for row in rows:
        faster = row.get("torch_cold_call_ms", row["cold_call_ms"]) / row["cold_call_ms"]
        share = f"{row['share_of_limit']:.0%}" if "share_of_limit" in row else ""
        memory = f"{row['memory_mb']:.0f} MB" if "memory_mb" in row else ""
        times = [f"{row[name]:.1f} ms" for name in ("prefill_ms", "token_ms", "cold_call_ms")]
        table.add_row(row["model"], row["engine"], *times, f"{faster:.1f}", share, memory)
    Console().print(table)


def _median(run: Callable[[], object]) -> float:
    times = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


if __name__ == "__main__":
    bench()
