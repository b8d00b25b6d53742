"""Puts many pairs before a judge, as many at a time as the judge allows.

Knows nothing of files or models; what a judge says is checked here once, so that no judge can leave a
question out unnoticed.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from callwright_grounding.errors import UserError
from callwright_plugins.judge import Answer, Answers, Judge, Pair, Unlabelled
from callwright_plugins.questions import Question, QuestionSet


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a judge said about one pair."""

    pair: Pair
    answers: Answers = field(default_factory=dict)
    unlabelled: str | None = None
    """Why there are no answers; ``None`` where there are."""


def score(answers: Answers, questions: QuestionSet) -> float | None:
    """S: the weights of the good answers, stretched over the whole set where the judge abstained.

    With no abstention and no required question this is the paper's number of good answers. 0 where a required
    question has a bad answer, ``None`` where nothing was answered.
    """
    asked = ((question, answers[question.id].yes) for question in questions.questions)
    told = [(question, question.is_good(yes)) for question, yes in asked if yes is not None]
    if not told:
        return None
    if any(question.required and not good for question, good in told):
        return 0.0
    answered = sum(question.weight for question, _ in told)
    return sum(question.weight for question, good in told if good) / answered * questions.total


def share_answered(answers: Answers, questions: QuestionSet) -> float:
    """The part of the set's weight that was answered, from 0 to 1."""
    told = sum(question.weight for question in questions.questions if answers[question.id].yes is not None)
    return told / questions.total


async def judge_all(judge: Judge, pairs: Iterable[Pair], questions: QuestionSet) -> AsyncIterator[Judgement]:
    """Judge every pair; judgements come as they are ready, in no fixed order.

    Raises:
        UserError: The judge cannot go on; everything that was ready before has been yielded.
    """
    waiting = iter(pairs)
    ready: asyncio.Queue[Judgement | Exception | None] = asyncio.Queue()
    stop = asyncio.Event()
    tasks = [
        asyncio.create_task(_work(judge, waiting, questions.questions, ready, stop))
        for _ in range(max(1, judge.concurrency))
    ]
    try:
        running = len(tasks)
        while running:
            item = await ready.get()
            if item is None:
                running -= 1
            elif isinstance(item, Exception):
                # What is in flight has been paid for: let it arrive before the run stops.
                async for judgement in _drain(tasks, ready):
                    yield judgement
                raise item
            else:
                yield item
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def judge_pair(judge: Judge, pair: Pair, questions: Sequence[Question]) -> Judgement:
    """Judge one pair and check what came back.

    Raises:
        UserError: The judge cannot go on.
    """
    try:
        said = judge.answer(pair, questions)
        answers = await said if inspect.isawaitable(said) else said
        return Judgement(pair=pair, answers=_checked(answers, questions))
    except Unlabelled as error:
        return Judgement(pair=pair, unlabelled=str(error) or "the judge gave no reason")
    except UserError:
        raise
    except Exception as error:
        message = " ".join(str(error).split())
        return Judgement(
            pair=pair, unlabelled=f"{type(judge).__name__} raised {type(error).__name__}: {message}"
        )


async def _work(
    judge: Judge,
    waiting: Iterator[Pair],
    questions: Sequence[Question],
    ready: asyncio.Queue[Judgement | Exception | None],
    stop: asyncio.Event,
) -> None:
    try:
        while not stop.is_set() and (pair := next(waiting, None)) is not None:
            ready.put_nowait(await judge_pair(judge, pair, questions))
            await asyncio.sleep(0)  # a judge that never waits would keep the others from reporting
    except Exception as error:
        stop.set()
        ready.put_nowait(error)
    finally:
        ready.put_nowait(None)


async def _drain(
    tasks: Sequence[asyncio.Task[None]], ready: asyncio.Queue[Judgement | Exception | None]
) -> AsyncIterator[Judgement]:
    await asyncio.gather(*tasks, return_exceptions=True)
    while not ready.empty():
        item = ready.get_nowait()
        if isinstance(item, Judgement):
            yield item


def _checked(answers: object, questions: Sequence[Question]) -> Answers:
    asked = {question.id for question in questions}
    if not isinstance(answers, Mapping):
        raise TypeError(
            f"answer() must return a mapping from question id to Answer, not {type(answers).__name__}"
        )
    if set(answers) != asked:
        odd = ", ".join(sorted(map(str, set(answers) ^ asked)))
        raise ValueError(f"answer() must answer exactly the questions asked; left out or added: {odd}")
    for name, answer in answers.items():
        if not isinstance(answer, Answer):
            raise TypeError(f"the answer to '{name}' must be an Answer, not {type(answer).__name__}")
    return answers
