"""Which batches make up which optimizer step, fixed before the first: a resumed run only has to skip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from callwright_training.sft.objective import Objective


@dataclass(frozen=True, slots=True)
class Part:
    """One batch of a step, and the objective that it is for."""

    objective: int
    batch: Any


def steps_of(objectives: Sequence[Objective], epochs: int, seed: int) -> list[list[Part]]:
    """Every optimizer step of a run.

    An epoch has as many steps as the objective with the most batches; the others' batches are spread over
    them.
    """
    return [step for epoch in range(epochs) for step in _epoch(objectives, epoch, seed)]


def _epoch(objectives: Sequence[Objective], epoch: int, seed: int) -> list[list[Part]]:
    batches = [objective.batches(epoch, seed) for objective in objectives]
    count = max(map(len, batches), default=0)
    steps: list[list[Part]] = [[] for _ in range(count)]
    for index, own in enumerate(batches):
        for position, batch in enumerate(own):
            steps[position * count // len(own)].append(Part(index, batch))
    return [step for step in steps if step]
