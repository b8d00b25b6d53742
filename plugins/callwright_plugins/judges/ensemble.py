"""The judge ``ensemble``: several judges vote on every question; abstentions do not count."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, PositiveFloat, PositiveInt

from callwright_plugins.judge import Answer, Answers, Judge, JudgeContext, Pair, Spending, Unlabelled
from callwright_plugins.questions import Question
from callwright_plugins.validation import FROZEN


class Member(BaseModel):
    """One judge that votes."""

    model_config = FROZEN

    judge: str
    """The judge's name."""
    options: dict[str, Any] = {}
    """What it is told, as under `[feedback.options]`."""
    weight: PositiveFloat = 1.0
    """Its vote's weight under the rule `weighted`."""


class EnsembleSettings(BaseModel):
    """What the judge ``ensemble`` is told under ``[feedback.options]``."""

    model_config = FROZEN

    members: Annotated[tuple[Member, ...], Field(min_length=2)]
    """The judges that vote."""
    rule: Literal["majority", "weighted"] = "majority"
    """Whether every vote counts the same, or by its member's weight. A draw abstains."""
    quorum: PositiveInt = 1
    """How many members must answer a question; with fewer the ensemble abstains from it."""


class EnsembleJudge(Judge):
    """Several judges, asked one after the other about each pair.

    Args:
        options: The fields of :class:`EnsembleSettings`.
    """

    def __init__(self, **options: Any) -> None:
        self.settings = EnsembleSettings(**options)
        self.members: list[Judge] = []

    def open(self, context: JudgeContext) -> None:
        """Build and open every member."""
        self.members = []
        for member in self.settings.members:
            judge = context.build(member.judge, member.options)
            judge.open(context)
            self.members.append(judge)
        self.concurrency = max(judge.concurrency for judge in self.members)

    async def answer(self, pair: Pair, questions: Sequence[Question]) -> Answers:
        """Let every member answer, then count."""
        ballots: list[tuple[float, Answers]] = []
        silent: list[str] = []
        for member, judge in zip(self.settings.members, self.members, strict=True):
            try:
                said = judge.answer(pair, questions)
                answers = await said if inspect.isawaitable(said) else said
            except Unlabelled as error:
                silent.append(f"{member.judge}: {error}")
                continue
            ballots.append((member.weight if self.settings.rule == "weighted" else 1.0, answers))
        if not ballots:
            raise Unlabelled("; ".join(silent))
        return {question.id: self._count(question.id, ballots) for question in questions}

    async def close(self) -> None:
        """Close every member."""
        for judge in self.members:
            await judge.close()

    def spending(self) -> Spending:
        """The sum over the members."""
        return sum((judge.spending() for judge in self.members), Spending())

    def _count(self, question: str, ballots: Sequence[tuple[float, Answers]]) -> Answer:
        votes = [
            (weight, answers[question]) for weight, answers in ballots if answers[question].yes is not None
        ]
        if len(votes) < self.settings.quorum:
            return Answer(None, f"{len(votes)} of {len(self.members)} judges answered")
        yes = sum(weight for weight, answer in votes if answer.yes)
        no = sum(weight for weight, answer in votes if not answer.yes)
        if yes == no:
            return Answer(None, f"a draw: {yes:g} to {no:g}")
        return Answer(yes > no, f"{yes:g} yes, {no:g} no", max(yes, no) / (yes + no))
