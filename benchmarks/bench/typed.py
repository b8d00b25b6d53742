"""What a typing trace shows of the server: latency, work and memory."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from pathlib import Path
from typing import Any

from editor import Answer, Editor
from lsprotocol import types
from typist import Session, sessions

Row = dict[str, Any]
FORGETFUL = (str(Path(__file__).parent / "forgetful.py"),)
_LONGEST_START = 60.0
_ASKING = "import numpy as np\n\n# Classify the sentiment of product reviews\n"


def replayed(bundle: str, name: str, settings: Row) -> Row:
    """Replay a session at the speed it was typed, through a server of its own."""
    return asyncio.run(_replayed(bundle, name, settings_of(bundle, settings)))


async def _replayed(bundle: str, name: str, settings: Row) -> Row:
    session = next(one for one in sessions() if one.name == name)
    async with Editor(settings) as editor:
        await editor.ready()
        idle = editor.memory()
        known, cpu, began = len(await editor.timings()), editor.cpu_seconds(), time.monotonic()
        answers = await editor.replay(session)
        seconds, cpu = time.monotonic() - began, editor.cpu_seconds() - cpu
        timings = (await editor.timings())[known:]
    row = {"bundle": bundle, "session": session.name, "seconds": round(seconds, 1), "idle": idle}
    row["cpu_seconds_a_minute"] = round(60 * cpu / seconds, 2)
    return row | {"requests": _merged(timings, answers)}


def summary(rows: list[Row]) -> Row:
    """The figures of several replayed sessions together."""
    requests = [request for row in rows for request in row["requests"]]
    how = Counter(request["how"] for request in requests)
    seconds = sum(row["seconds"] for row in rows)
    cpu = sum(row["cpu_seconds_a_minute"] * row["seconds"] for row in rows) / seconds
    answered = [request for request in requests if request["latency_ms"] is not None]
    by_model = [request for request in answered if request["how"] == "model"]
    shown = [request for request in answered if request["shown"]]
    return {
        "keystrokes": len(requests),
        "how": dict(how),
        "answered_without_model": round(how["known"] / len(requests), 3),
        "answered_without_model_of_answered": round(
            sum(request["how"] == "known" for request in answered) / max(1, len(answered)), 3
        ),
        "shown": len(shown),
        "answered_ms": percentiles(answered),
        "by_model_ms": percentiles(by_model),
        "shown_ms": percentiles(shown),
        "cpu_seconds_a_minute": round(cpu, 2),
        "idle_resident_mb": rows[0]["idle"]["resident_mb"],
    }


def percentiles(requests: list[Row]) -> list[float]:
    """50th and 95th percentile of the time from key to answer, in milliseconds."""
    times = sorted(request["latency_ms"] for request in requests)
    return (
        [times[min(len(times) - 1, math.floor(part * len(times)))] for part in (0.5, 0.95)] if times else []
    )


def work_without_manners(bundle: str, name: str, settings: Row) -> Row:
    """Processor time of one session, beside that of a server that asks at every key and forgets."""
    return asyncio.run(_work(bundle, name, settings))


async def _work(bundle: str, name: str, settings: Row) -> Row:
    session = next(one for one in sessions() if one.name == name)
    at_once = {"pace": {"shortest_pause": 0, "longest_pause": 0}}
    ours = await _cpu(Editor(settings_of(bundle, settings)), session)
    theirs = await _cpu(Editor(settings_of(bundle, settings | at_once), FORGETFUL), session)
    return {"cpu_share": round(ours / theirs, 3), "cpu_seconds": ours, "forgetful_cpu_seconds": theirs}


async def _cpu(editor: Editor, session: Session) -> float:
    async with editor:
        await editor.ready()
        before = editor.cpu_seconds()
        await editor.replay(session)
        return round(editor.cpu_seconds() - before, 2)


def first_suggestion(bundle: str, settings: Row, rounds: int = 5) -> list[float]:
    """Seconds from starting the server to its first suggestion, its files in the page cache."""
    return [asyncio.run(_first(bundle, settings)) for _ in range(rounds)]


async def _first(bundle: str, settings: Row) -> float:
    began = time.monotonic()
    async with Editor(settings_of(bundle, settings)) as editor:
        uri = editor.open(_ASKING)
        while not await editor.ghosts(uri, types.Position(3, 0), invoked=True):
            if time.monotonic() - began > _LONGEST_START:
                raise RuntimeError(
                    f"no suggestion below {_ASKING!r}: has {bundle or 'the bundle'} such a call?"
                )
            await asyncio.sleep(0.01)
        return round(time.monotonic() - began, 3)


def _merged(timings: list[Row], answers: list[Answer]) -> list[Row]:
    return [
        {
            "how": timing["how"],
            "shown": bool(answer.texts),
            "latency_ms": None if answer.latency is None else round(1000 * answer.latency, 1),
        }
        for timing, answer in zip(timings, answers, strict=True)
    ]


def settings_of(bundle: str, settings: Row) -> Row:
    """What the client sends: grounding off, so that other work of the machine's index disturbs nothing."""
    return {"bundle": bundle, "record_outcomes": False, "grounding": {"enabled": False}} | settings
