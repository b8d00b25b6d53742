"""Time to a whole API call: the server as an editor sees it, and the same model writing it token by token.

The server finds a call with its retriever and writes its text without the language model. Beside it, in the
same round, stand the language model on the engine, with the code above the task read already as it is while
someone types, and PyTorch's ``generate`` on the very weights that the bundle was made from, in 32 bits. All
three have the same buffer in front of them; both models write as many tokens as the server's call has.

Processor time is counted beside the clock's: with one thread its ratios also hold on a machine that is busy.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable
from typing import Any

from editor import Editor
from lsprotocol import types
from typist import sessions

from callwright_server.bundle import find_bundle
from callwright_server.engine import Engine, EngineSettings
from callwright_server.prompt import Prompt

Row = dict[str, Any]
Times = tuple[float, float]
"""Seconds by the clock, and of processor time."""
TASKS = (
    "Detect objects in a photo",
    "Describe an image in one sentence",
    "Classify the sentiment of product reviews",
    "Embed sentences for semantic search",
    "Translate English text to French",
    "Summarize a news article",
    "Transcribe speech from an audio file",
    "Answer a question about a passage of text",
    "Find the names of people and places in a text",
    "Estimate the depth of a scene from one image",
)


def measured(bundle: str, settings: Row, threads: int) -> Row:
    """Medians over all tasks for which the server has a call, and ratios of each task's times."""
    before = sessions()[0].before
    buffers = [f"{before}\n# {task}\n" for task in TASKS]
    asked = asyncio.run(_by_server(settings | {"engine": {"threads": threads}}, buffers))
    engine = Engine(find_bundle(bundle or None), EngineSettings(threads=threads, draft=0))
    generate = _torch(threads)
    rows = [
        {"server": times} | _by_models(engine, generate, before, buffer, len(engine.encode(text)))
        for buffer, (text, times) in zip(buffers, asked, strict=True)
        if text
    ]
    return _summary(rows[1:])  # the first one warms everything up


def _by_models(
    engine: Engine, generate: Callable[[list[int], int], None], above: str, buffer: str, count: int
) -> Row:
    """Seconds of both models for as many tokens; the engine has read what stands above the task."""
    prompt = Prompt.at(buffer).render()
    tokens = engine.encode(prompt)
    engine.generate(Prompt.at(above).render(), max_tokens=1)
    ours = _seconds(lambda: engine.generate(prompt, max_tokens=count))
    theirs = _seconds(lambda: generate(tokens, count))
    return {"tokens": count, "prompt": len(tokens), "engine": ours, "torch": theirs}


def _summary(rows: list[Row]) -> Row:
    found: Row = {"calls": len(rows)}
    for what in ("tokens", "prompt"):
        found[what] = statistics.median(row[what] for row in rows)
    for what in ("server", "engine", "torch"):
        found[f"{what}_ms"], found[f"{what}_cpu_ms"] = (
            round(1000 * statistics.median(row[what][kind] for row in rows), 1) for kind in (0, 1)
        )
    for what in ("server", "engine"):
        ratio = statistics.median(row["torch"][0] / row[what][0] for row in rows)
        cpu = sum(row["torch"][1] for row in rows) / sum(row[what][1] for row in rows)
        found[f"{what}_times_torch"], found[f"{what}_times_torch_cpu"] = round(ratio, 1), round(cpu, 1)
    return found


async def _by_server(settings: Row, buffers: list[str]) -> list[tuple[str, Times]]:
    """What the server suggests on the line below each task, and how long the client waited for it."""
    found = []
    async with Editor(settings) as editor:
        await editor.ready()
        for buffer in buffers:
            uri, place = editor.open(buffer), types.Position(buffer.count("\n"), 0)
            began, cpu = time.perf_counter(), editor.cpu_seconds()
            ghosts = await editor.ghosts(uri, place, invoked=True)
            times = (time.perf_counter() - began, editor.cpu_seconds() - cpu)
            found.append((next(iter(ghosts), ""), times))
    return found


def _torch(threads: int) -> Callable[[list[int], int], None]:
    """PyTorch's ``generate`` on the default bundle's own weights."""
    import torch

    from callwright_training.bases import load_base
    from callwright_training.export.default import DEFAULT_ADAPTER, DEFAULT_BASE
    from callwright_training.export.merge import merge

    torch.set_num_threads(threads)
    model = merge(load_base(DEFAULT_BASE), DEFAULT_ADAPTER)

    def generate(tokens: list[int], count: int) -> None:
        ids = torch.tensor([tokens])
        with torch.inference_mode():
            model.generate(
                ids, attention_mask=ids.ne(-1), max_new_tokens=count, min_new_tokens=count, do_sample=False
            )

    return generate


def _seconds(run: Callable[[], object]) -> Times:
    began, cpu = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - began, time.process_time() - cpu
