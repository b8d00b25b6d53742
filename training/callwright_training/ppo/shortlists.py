"""The shortlists that PPO chooses in: retrieved as they will be served, each entry with its reward."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from callwright_grounding.catalogue import Catalogue, CatalogueEntry
from callwright_plugins.judge import Judge, Pair
from callwright_plugins.judging import judge_all, score
from callwright_plugins.questions import QuestionSet
from callwright_server.bundle import RETRIEVER
from callwright_server.choice.bias import CallBias
from callwright_server.choice.chooser import ScoredEntry
from callwright_server.choice.documents import Document
from callwright_server.choice.fusion import SETTINGS, ChoiceSettings
from callwright_training.choice.corpus import Corpus, question
from callwright_training.choice.domain_prior import load_prior
from callwright_training.choice.encoders import load_encoder, with_adapter
from callwright_training.choice.retrieval import Encoders
from callwright_training.choice.served import chooser_over, shortlisted
from callwright_training.choice.weights import UNTUNED
from callwright_training.errors import StageError
from callwright_training.feedback.samples import Form
from callwright_training.ppo.choosing import Shortlist
from callwright_training.ppo.rollout import Score
from callwright_training.records import Record

Worth = Callable[[Sequence[Pair], Sequence[tuple[Record, CatalogueEntry]]], list[float]]
"""Rewards of answers."""


def retrieved(
    records: Sequence[Record], catalogue: Catalogue, adapter: Path | None, encoder: str, candidates: int
) -> tuple[ChoiceSettings, list[list[ScoredEntry]]]:
    """Each record's shortlist, in the retriever's order, and the weights it is served with.

    Args:
        records: Whose questions are asked.
        catalogue: What can be chosen.
        adapter: M_SFT's folder, which may hold a tuned retriever; without one the untouched encoder serves.
        encoder: The untouched encoder.
        candidates: Entries of a shortlist.

    Raises:
        StageError: The catalogue is too small to choose in.
    """
    if len(catalogue) < 2:
        raise StageError("ppo: a choice needs a catalogue with two calls or more")
    base = load_encoder(encoder)
    folder = adapter / RETRIEVER if adapter is not None and (adapter / RETRIEVER).is_dir() else None
    encoders = Encoders(base, with_adapter(base, folder) if folder else None)
    told = folder is not None and (folder / SETTINGS).is_file()
    settings = ChoiceSettings.load(folder) if folder is not None and told else UNTUNED
    settings = settings.model_copy(update={"candidates": candidates})
    corpus = Corpus(tuple(catalogue))
    prior, bias = (load_prior(folder), CallBias.load(folder)) if folder else (None, None)
    chooser = chooser_over(corpus, encoders, prior, settings, bias)
    encoders.read([question(record) for record in records])
    return settings, shortlisted(chooser, records)


def shortlists(
    records: Sequence[Record], lists: Sequence[Sequence[ScoredEntry]], rewards: Sequence[Sequence[float]]
) -> list[Shortlist]:
    """Put retrieval and rewards together."""
    return [
        Shortlist(
            record=record.id,
            question=question(record),
            documents=tuple(Document.of(one.entry) for one in listed),
            prior=tuple(one.score for one in listed),
            rewards=tuple(worth),
        )
        for record, listed, worth in zip(records, lists, rewards, strict=True)
    ]


def judged(
    judge: Judge,
    questions: QuestionSet,
    records: Sequence[Record],
    lists: Sequence[Sequence[ScoredEntry]],
    scale: float,
) -> list[list[float]]:
    """The judge's score of every answer as a share of the highest, times the scale; unlabelled ones get 0.

    The judge sees the call with its imports, as the editor inserts it.
    """
    pairs = [
        Pair(
            id=f"{record.id}?{number}",
            instruction=record.instruction,
            completion=f"{one.entry.text}\n",
            before="".join(f"{line}\n" for line in one.entry.imports),
            reference=record.api,
        )
        for record, listed in zip(records, lists, strict=True)
        for number, one in enumerate(listed)
    ]

    async def work() -> dict[str, float]:
        found: dict[str, float] = {}
        try:
            async for one in judge_all(judge, pairs, questions):
                value = score(one.answers, questions) if one.unlabelled is None else None
                found[one.pair.id] = scale * (value or 0.0) / questions.total
        finally:
            await judge.close()
        return found

    found = asyncio.run(work())
    return [
        [found[f"{record.id}?{number}"] for number in range(len(listed))]
        for record, listed in zip(records, lists, strict=True)
    ]


def scored(
    score: Score,
    tokenizer: Any,
    form: Form,
    prompts: Sequence[list[int]],
    lists: Sequence[Sequence[ScoredEntry]],
    batch: int = 32,
) -> list[list[float]]:
    """M_reward's logit of every answer, written as the policy would write it."""
    import torch

    rows = [
        (prompt, tokenizer(_written(one.entry, form)).input_ids)
        for prompt, listed in zip(prompts, lists, strict=True)
        for one in listed
    ]
    found: list[float] = []
    with torch.no_grad():
        for start in range(0, len(rows), batch):
            part = rows[start : start + batch]
            found += score([prompt for prompt, _ in part], [call for _, call in part]).tolist()
    values = iter(found)
    return [list(_take(values, len(listed))) for listed in lists]


def _take(values: Iterator[float], count: int) -> Iterator[float]:
    return (next(values) for _ in range(count))


def _written(entry: CatalogueEntry, form: Form) -> str:
    above = "".join(f"{line}\n" for line in entry.imports) if form == "script" else ""
    return f"{above}{entry.text}\n"
