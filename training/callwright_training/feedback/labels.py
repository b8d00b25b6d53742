"""From answers to labels: the score, its histogram, the threshold, and the forms that TRL reads."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from callwright_plugins.judge import Answer
from callwright_plugins.judging import Judgement, score, share_answered
from callwright_plugins.questions import QuestionSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What was found about one sample."""

    id: str
    answers: dict[str, Answer]
    score: float | None
    """S; ``None`` where the sample is unlabelled."""
    unlabelled: str | None = None
    """Why there is no score."""


def label_of(judgement: Judgement, questions: QuestionSet, minimum_answered: float) -> Label:
    """The label of one judgement; a sample of which too little was answered stays without a score."""
    answers = dict(judgement.answers)
    if judgement.unlabelled is not None:
        return Label(id=judgement.pair.id, answers={}, score=None, unlabelled=judgement.unlabelled)
    share = share_answered(answers, questions)
    value = score(answers, questions)
    if value is None or share < minimum_answered:
        reason = f"only {share:.0%} of the questions' weight is answered"
        return Label(id=judgement.pair.id, answers=answers, score=None, unlabelled=reason)
    return Label(id=judgement.pair.id, answers=answers, score=round(value, 6))


def histogram(labels: Iterable[Label]) -> dict[float, int]:
    """How many samples have each score, the lowest first."""
    return dict(sorted(Counter(label.score for label in labels if label.score is not None).items()))


def threshold_at(counts: dict[float, int], quantile: float) -> float:
    """The score from which a sample is accepted, so that the share below comes nearest to the quantile.

    Scores are few and coarse, so the share is rarely met exactly. Where there are two scores or more, neither
    side is left empty.
    """
    scores = list(counts)
    total = sum(counts.values())
    candidates = scores[1:] or scores
    below = {value: sum(counts[other] for other in scores if other < value) / total for value in candidates}
    return min(candidates, key=lambda value: (abs(below[value] - quantile), value))


def to_json(label: Label) -> dict[str, Any]:
    """As it is kept in ``labels.jsonl``."""
    answers = {name: {"yes": said.yes, "reason": said.reason} for name, said in label.answers.items()}
    return {"id": label.id, "score": label.score, "unlabelled": label.unlabelled, "answers": answers}


def from_json(values: dict[str, Any]) -> Label:
    """What :func:`to_json` wrote."""
    answers = {name: Answer(said["yes"], said["reason"]) for name, said in values["answers"].items()}
    return Label(id=values["id"], answers=answers, score=values["score"], unlabelled=values["unlabelled"])


@dataclass(frozen=True, slots=True)
class Labelled:
    """A labelled sample's text, for export."""

    prompt: str
    completion: str
    score: float
    accepted: bool


def unpaired_preference(rows: Iterable[Labelled]) -> Iterator[dict[str, Any]]:
    """TRL's unpaired preference format (KTO, BCO): one row a sample."""
    for row in rows:
        yield {"prompt": row.prompt, "completion": row.completion, "label": row.accepted}


def preference(rows: Sequence[Labelled]) -> Iterator[dict[str, Any]]:
    """TRL's preference format (DPO, reward): an accepted and a rejected completion of the same prompt."""
    by_prompt: dict[str, list[Labelled]] = {}
    for row in rows:
        by_prompt.setdefault(row.prompt, []).append(row)
    for prompt, group in by_prompt.items():
        for one, other in combinations({row.completion: row for row in group}.values(), 2):
            if one.accepted != other.accepted:
                good, bad = (one, other) if one.accepted else (other, one)
                yield {"prompt": prompt, "chosen": good.completion, "rejected": bad.completion}


def write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> int:
    """Write one JSON object a line, the whole file or none of it; returns how many."""
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    partial = path.with_suffix(".partial")
    partial.write_text("".join(lines), encoding="utf-8")
    partial.replace(path)
    return len(lines)
