"""Which records are held out of training, decided in one place, so that stages and evaluations agree.

The order comes from a seeded shuffle of the records sorted by source, never from hashes or file order: the
same records and seed give the same split on every machine.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from callwright_training.records.record import Record


@dataclass(frozen=True, slots=True)
class Split:
    """Records to train on and records to measure on; together all of them."""

    train: tuple[Record, ...]
    held_out: tuple[Record, ...]


def held_out(records: Iterable[Record], fraction: float = 0.1, seed: int = 0) -> Split:
    """Hold a share of the records out of training.

    Args:
        records: All records.
        fraction: Share held out, rounded to whole records; 0 holds none.
        seed: Another seed, another split.

    Raises:
        ValueError: The fraction is not between 0 and 1.
    """
    if not 0 <= fraction <= 1:
        raise ValueError(f"fraction must be between 0 and 1, not {fraction}")
    order = shuffled(records, seed)
    return _split(order, set(range(round(len(order) * fraction))))


def folds(records: Iterable[Record], k: int = 5, seed: int = 0) -> list[Split]:
    """Split the records k times so that each is held out exactly once.

    Raises:
        ValueError: Fewer than two folds, or more folds than records.
    """
    order = shuffled(records, seed)
    if not 2 <= k <= len(order):
        raise ValueError(f"{k} folds of {len(order)} records cannot be made")
    return [_split(order, set(range(fold, len(order), k))) for fold in range(k)]


def shuffled(records: Iterable[Record], seed: int) -> list[Record]:
    """The records in a random order that depends on nothing but their ids and the seed."""
    order = sorted(
        records, key=lambda record: (record.id.rpartition(":")[0], record.source, record.question_id)
    )
    random.Random(seed).shuffle(order)
    return order


def _split(order: Sequence[Record], chosen: set[int]) -> Split:
    train = (record for index, record in enumerate(order) if index not in chosen)
    return Split(tuple(train), tuple(record for index, record in enumerate(order) if index in chosen))
