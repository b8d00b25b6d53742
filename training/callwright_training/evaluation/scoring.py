"""Scoring items by metrics, over processes, reusing what is known."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

from callwright_training.evaluation.items import Item, digest
from callwright_training.evaluation.results import Result, ResultFile
from callwright_training.metrics import METRICS, Known, Metric, build
from callwright_training.metrics.registry import METRICS_VERSION

_CHUNK = 16
_WORTH_PROCESSES = 100
"""Below so many answers starting processes takes longer than the work."""

Pending = tuple[Item, str, list[str]]


def score(
    items: Sequence[Item],
    known: Known,
    *,
    metrics: Sequence[str] = (),
    file: ResultFile | None = None,
    jobs: int = 1,
    advance: Callable[[int], None] = lambda count: None,
) -> list[Result]:
    """Measure every item.

    Args:
        items: What to measure.
        known: The catalogue that says what exists; its version is part of each result's key.
        metrics: Names in ``METRICS``; all of them where empty.
        file: Results that are known, and where new ones are kept as they come.
        jobs: Processes.
        advance: Told how many more items are done.

    Returns:
        One result per item, in the items' order.

    Raises:
        StageError: There is no metric of such a name.
    """
    names = [name for name in METRICS if not metrics or name in metrics]
    build(metrics, known)
    file = file or ResultFile(None)
    results = [_known(item, known, file) for item in items]
    pending = [
        (index, (item, result.key, missing))
        for index, (item, result) in enumerate(zip(items, results, strict=True))
        if (missing := [name for name in names if name not in result.measured])
    ]
    advance(len(items) - len(pending))
    chunks = [pending[start : start + _CHUNK] for start in range(0, len(pending), _CHUNK)]
    for chunk, measured in _measure_all(chunks, known, jobs if len(pending) >= _WORTH_PROCESSES else 1):
        for (index, _), fresh in zip(chunk, measured, strict=True):
            _merge(results[index], fresh)
        file.append(results[index] for index, _ in chunk)
        advance(len(chunk))
    return results


def key_of(item: Item, known: Known) -> str:
    """Digest of everything that a score depends on."""
    record, answer = item.record, item.answer
    reference = (record.call, record.domain_raw, record.domain, record.code)
    given = (answer.text, answer.call, answer.code)
    return digest(METRICS_VERSION, known.version, reference, given)


def _known(item: Item, known: Known, file: ResultFile) -> Result:
    fresh = Result.of(item, key_of(item, known))
    if (old := file.known.get(fresh.key)) is not None:
        fresh.measured, fresh.scores = list(old.measured), dict(old.scores)
        fresh.counts, fresh.notes = dict(old.counts), dict(old.notes)
    return fresh


def _merge(result: Result, fresh: Result) -> None:
    result.measured += fresh.measured
    result.scores |= fresh.scores
    result.counts |= fresh.counts
    result.notes |= fresh.notes


def _measure_all(
    chunks: Sequence[list[tuple[int, Pending]]], known: Known, jobs: int
) -> Iterator[tuple[list[tuple[int, Pending]], list[Result]]]:
    if jobs == 1:
        worker = Scorer(known)
        for chunk in chunks:
            yield chunk, worker.measure([pending for _, pending in chunk])
        return
    # Not fork: a process that has started torch's threads must not be forked.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_start, initargs=(known,)) as pool:
        futures = {pool.submit(_measure, [pending for _, pending in chunk]): chunk for chunk in chunks}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            pool.shutdown(cancel_futures=True)


class Scorer:
    """Metrics by name, each made once."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self._metrics: dict[str, Metric] = {}

    def measure(self, pending: Sequence[Pending]) -> list[Result]:
        """Compute the named metrics of each item."""
        return [self._one(*one) for one in pending]

    def _one(self, item: Item, key: str, names: list[str]) -> Result:
        result, case = Result.of(item, key), item.case(self.known.catalogue)
        for name in names:
            if name not in self._metrics:
                self._metrics[name] = METRICS[name](self.known)
            result.add(name, self._metrics[name].score(case))
        return result


_workers: list[Scorer] = []


def _start(known: Known) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent answers Ctrl-C for all
    _workers.append(Scorer(known))


def _measure(pending: list[Pending]) -> list[Result]:
    return _workers[0].measure(pending)


__all__ = ["key_of", "score"]
