"""Asking a system every question, keeping each answer as it comes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from callwright_training.evaluation.items import Item, digest
from callwright_training.metrics import Answer
from callwright_training.records import Record


class System(Protocol):
    """Something that answers instructions with API calls and scripts."""

    @property
    def identity(self) -> dict[str, Any]:
        """Its kind and name, and whatever changes its answers: checksums, prompt version, settings."""
        ...

    @property
    def concurrency(self) -> int:
        """How many questions may be asked at the same time, each from a thread of its own."""
        ...

    def answer(self, record: Record, *, seed: int) -> Answer:
        """Answer one instruction; it may look at nothing of the record but instruction and input.

        Args:
            record: The question.
            seed: Makes one sample differ from the next, where the system samples.
        """
        ...


class AnswerFile:
    """Answers on disk, one JSON line each; also readable as ``--responses``.

    Args:
        path: The file; ``None`` keeps nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._known = dict(_read(path)) if path and path.exists() else {}

    def get(self, key: str) -> tuple[Answer, float | None] | None:
        """The answer kept under a key, and its time in milliseconds."""
        if (values := self._known.get(key)) is None:
            return None
        return Answer(text=values["text"], call=values["call"], code=values["code"]), values["ms"]

    def keep(self, key: str, item: Item) -> None:
        """Append one answer."""
        if self.path is None:
            return
        answer, record = item.answer, item.record
        values = {"key": key, "record": record.id, "question_id": record.question_id, "sample": item.sample}
        values |= {"text": answer.text, "call": answer.call, "code": answer.code, "ms": item.ms}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(values, ensure_ascii=False) + "\n")


def ask(
    system: System,
    records: Sequence[Record],
    *,
    samples: int = 1,
    seed: int = 0,
    file: AnswerFile,
    advance: Callable[[int], None] = lambda count: None,
) -> list[Item]:
    """Ask a system every question, ``samples`` times each; what the file has already is not asked again."""
    lock = threading.Lock()

    def one(asked: tuple[Record, int]) -> Item:
        record, sample = asked
        key = digest(system.identity, record.id, record.instruction, record.input, sample, seed)
        kept = file.get(key)
        item = Item(record=record, answer=kept[0], sample=sample, ms=kept[1]) if kept else None
        item = item or _timed(system, record, sample, seed)
        with lock:
            if kept is None:
                file.keep(key, item)
            advance(1)
        return item

    questions = [(record, sample) for record in records for sample in range(samples)]
    if system.concurrency == 1:
        return [one(question) for question in questions]
    with ThreadPoolExecutor(system.concurrency) as pool:
        futures = [pool.submit(one, question) for question in questions]
        try:
            return [future.result() for future in futures]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _timed(system: System, record: Record, sample: int, seed: int) -> Item:
    start = time.perf_counter()
    answer = system.answer(record, seed=seed * 1000 + sample)
    ms = round(1000 * (time.perf_counter() - start), 2)
    return Item(record=record, answer=answer, sample=sample, ms=ms)


def _read(path: Path) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            values = json.loads(line)
            found.append((values["key"], values))
        except (ValueError, KeyError, TypeError):
            continue  # the line that was being written when the run was killed
    return found
