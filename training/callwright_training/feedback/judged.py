"""Putting samples before a judge: here, or by copies of it in several processes and on several machines."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callwright_grounding.catalogue import Catalogue
from callwright_plugins.judge import Judge, JudgeContext, Pair, Spending
from callwright_plugins.judging import judge_all
from callwright_plugins.manager import Plugins
from callwright_plugins.questions import QuestionSet
from callwright_training.feedback import labels as labelling
from callwright_training.feedback.labels import Label
from callwright_training.feedback.samples import whole_lines
from callwright_training.feedback.settings import JudgeSettings
from callwright_training.feedback.workers import run_work
from callwright_training.files import write_whole

GROUP = 64
"""Pairs that go to a copy of the judge together."""


@dataclass(frozen=True)
class Spread:
    """Where copies of a judge are, and what they need to be built there."""

    plugins: tuple[Path, ...]
    """One-file plugins."""
    catalogue: Catalogue
    workers: int
    ray: str | None


def open_judge(settings: JudgeSettings, plugins: Plugins, catalogue: Catalogue, folder: Path) -> Judge:
    """Build and open the judge of these settings.

    Raises:
        JudgeError: There is none of this name, it does not take these options, or it lacks something.
    """
    judge = plugins.judge(settings.judge, settings.options)
    judge.open(JudgeContext(folder=folder, catalogue=catalogue, build=plugins.judge))
    return judge


def judge_pairs(
    judge: Judge,
    settings: JudgeSettings,
    pairs: Sequence[Pair],
    questions: QuestionSet,
    *,
    folder: Path,
    step: Callable[[float], None],
    spread: Spread | None = None,
) -> tuple[list[Label], Spending]:
    """Judge pairs, going on from what the folder holds; labels in the order of the pairs. Closes the judge.

    Args:
        judge: An open judge.
        settings: What it was opened with.
        pairs: What is judged.
        questions: What is asked.
        folder: Keeps the answers.
        step: Told the share that is done.
        spread: Where a judge that allows it is copied to.

    Raises:
        PluginError: The judge cannot go on; what it answered is kept.
    """
    file = folder / "judged.jsonl"
    decisive = settings.model_dump(mode="json", exclude={"workers", "ray"})
    forget_unless_same(folder / "judging.json", decisive | questions.model_dump(), [file])
    # What could not be labelled is tried again: answers that were paid for are in the judge's own cache.
    known = {
        label.id: label for label in map(labelling.from_json, whole_lines(file)) if label.score is not None
    }
    waiting = [pair for pair in pairs if pair.id not in known]

    with file.open("a", encoding="utf-8") as kept:

        def keep(label: Label) -> None:
            known[label.id] = label
            kept.write(json.dumps(labelling.to_json(label), ensure_ascii=False) + "\n")
            kept.flush()
            step(len(known) / len(pairs))

        if judge.spread and spread is not None and (spread.workers > 1 or spread.ray is not None):
            asyncio.run(judge.close())
            work = Judging(settings, spread.plugins, spread.catalogue, questions, folder)
            groups = [waiting[start : start + GROUP] for start in range(0, len(waiting), GROUP)]
            for labels in run_work(work, groups, workers=spread.workers, ray=spread.ray):
                for label in labels:
                    keep(label)
        else:
            asyncio.run(_then_close(judge, _judge(judge, waiting, settings, questions, keep)))
    return [known[pair.id] for pair in pairs], judge.spending()


async def _judge(
    judge: Judge,
    pairs: Sequence[Pair],
    settings: JudgeSettings,
    questions: QuestionSet,
    keep: Callable[[Label], None],
) -> None:
    async for judgement in judge_all(judge, pairs, questions):
        keep(labelling.label_of(judgement, questions, settings.minimum_answered))


async def _then_close(judge: Judge, work: Awaitable[None]) -> None:
    try:
        await work
    finally:
        await judge.close()


@dataclass(frozen=True)
class Judging:
    """The work of judging; goes to where it is done as it is."""

    settings: JudgeSettings
    plugins: tuple[Path, ...]
    catalogue: Catalogue
    questions: QuestionSet
    folder: Path

    def open(self) -> Callable[[Sequence[Pair]], list[Label]]:
        """Open a copy of the judge, which ends with its process; returns what judges a few pairs."""
        judge = open_judge(self.settings, Plugins(self.plugins), self.catalogue, self.folder)

        def judged(pairs: Sequence[Pair]) -> list[Label]:
            labels: list[Label] = []
            asyncio.run(_judge(judge, pairs, self.settings, self.questions, labels.append))
            return labels

        return judged


def forget_unless_same(path: Path, made_with: dict[str, Any], files: Sequence[Path]) -> None:
    """Drop files that were made with other settings."""
    fingerprint = hashlib.sha256(json.dumps(made_with, sort_keys=True, default=str).encode()).hexdigest()
    if not path.is_file() or path.read_text() != fingerprint:
        for file in files:
            file.unlink(missing_ok=True)
        write_whole(path, fingerprint)
