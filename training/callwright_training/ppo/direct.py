"""A direct reward in the place of M_reward: each completion is graded as the program that it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from callwright_grounding.catalogue import Catalogue
from callwright_plugins.judge import Judge, Pair
from callwright_plugins.judging import judge_all, score
from callwright_plugins.questions import QuestionSet
from callwright_training.execution.reward import Grade
from callwright_training.feedback.samples import Form, catalogue_imports, pair_with, prompt_of
from callwright_training.ppo.rollout import Score
from callwright_training.ppo.settings import PPOSettings
from callwright_training.records import Record
from callwright_training.sft.examples import answer_of

Reward = Callable[[Sequence[Pair]], Sequence[Grade]]
"""What a direct reward is: pairs to grades, such as
:class:`~callwright_training.execution.reward.ProgramReward`."""


def judge_reward(judge: Judge, questions: QuestionSet) -> Reward:
    """The judge's own score as a share of the highest; a completion without a label earns nothing."""

    async def grades(pairs: Sequence[Pair]) -> dict[str, Grade]:
        found = {}
        async for one in judge_all(judge, pairs, questions):
            share = (one.unlabelled is None and score(one.answers, questions)) or 0.0
            found[one.pair.id] = Grade(share / questions.total, "other", False, one.unlabelled or "")
        return found

    def reward(pairs: Sequence[Pair]) -> list[Grade]:
        found = asyncio.run(grades(pairs))
        return [found[pair.id] for pair in pairs]

    return reward


def answered(
    records: Sequence[Record], reward: Reward, form: Form, catalogue: Catalogue, least: float
) -> tuple[Record, ...]:
    """The records whose own answer earns at least this share of the highest grade.

    Args:
        records: Records, each with what the form needs.
        reward: Grades pairs.
        form: What would be asked for.
        catalogue: Where calls' imports are known from.
        least: The share.
    """
    imports = catalogue_imports(catalogue, records)
    pairs = [
        pair_with(record.id, record.instruction, answer, record, form, imports)
        for record in records
        if (answer := answer_of(record, "call" if form == "choice" else form))
    ]
    good = {pair.id for pair, grade in zip(pairs, reward(pairs), strict=True) if grade.reward >= least}
    return tuple(record for record in records if record.id in good)


def direct_score(
    reward: Reward,
    tokenizer: Any,
    records: Sequence[Record],
    form: Form,
    catalogue: Catalogue,
    settings: PPOSettings,
) -> Score:
    """Scores completions by what they are, the judge's way: with the imports that the editor adds.

    Args:
        reward: Grades pairs.
        tokenizer: The policy's.
        records: Whose prompts are continued; each is found again by its prompt.
        form: What the prompts ask for.
        catalogue: Where calls' imports are known from.
        settings: What the best grade is worth, and from which on a grade pays.
    """
    imports = catalogue_imports(catalogue, records)
    by_prompt = {tuple(tokenizer(prompt_of(record, form)).input_ids): record for record in records}

    def pair(number: int, prompt: Sequence[int], tokens: Sequence[int]) -> Pair:
        record = by_prompt[tuple(prompt)]
        completion = tokenizer.decode(tokens, skip_special_tokens=True)
        return pair_with(str(number), record.instruction, completion, record, form, imports)

    def scores(prompts: Sequence[list[int]], completions: Sequence[list[int]]) -> Tensor:
        pairs = [
            pair(number, prompt, tokens)
            for number, (prompt, tokens) in enumerate(zip(prompts, completions, strict=True))
        ]
        grades = [grade.reward for grade in reward(pairs)]
        return torch.tensor([settings.reward_scale * one * (one >= settings.reward_from) for one in grades])

    return scores
