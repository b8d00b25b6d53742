"""What a judge is: something that answers a question set about one (instruction, completion) pair."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from callwright_grounding.catalogue import Catalogue, CatalogueEntry
from callwright_grounding.errors import CallwrightError
from callwright_plugins.questions import Question


class Unlabelled(CallwrightError):  # noqa: N818 - an outcome for one pair, not a failure of the run
    """Raised by a judge that cannot answer about one pair, which is then listed with this reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One instruction and one completion to be judged."""

    id: str
    """Names the pair in answers and reports."""
    instruction: str
    """The task in words."""
    completion: str
    """What the model wrote."""
    before: str = ""
    """Code in front of the completion, such as imports; belongs to the program, is not the model's work."""
    reference: CatalogueEntry | None = None
    """The API that the record names as right, where there is one."""

    @property
    def code(self) -> str:
        """The program as it would stand in the editor."""
        return self.before + self.completion


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question; an abstention where ``yes`` is ``None``."""

    yes: bool | None
    reason: str = ""
    """One line for whoever reads the answers."""
    confidence: float | None = None
    """How sure the judge is, from 0 to 1, where it can say so."""


Answers: TypeAlias = Mapping[str, Answer]
"""Question id to answer, with exactly the questions that were asked."""


@dataclass(slots=True)
class Spending:
    """What a judge has used up."""

    requests: int = 0
    cached: int = 0
    """Answers that came from the cache."""
    input_tokens: int = 0
    output_tokens: int = 0
    money: float = 0.0
    """In the currency of the prices given to the judge."""

    def __add__(self, other: Spending) -> Spending:
        return Spending(
            requests=self.requests + other.requests,
            cached=self.cached + other.cached,
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            money=self.money + other.money,
        )


@dataclass(frozen=True, kw_only=True)
class JudgeContext:
    """What a judge may use, handed to :meth:`Judge.open`."""

    folder: Path
    """A folder that outlives the run, for caches."""
    catalogue: Catalogue = field(default_factory=lambda: Catalogue(()))
    """The API calls we know of; empty where the run has none."""
    build: Callable[[str, Mapping[str, Any]], Judge]
    """Builds another judge by its name and options, not yet opened."""


class Judge(ABC):
    """Answers questions about pairs. Subclass it, write :meth:`answer`, register the class."""

    concurrency: int = 1
    """How many pairs may be in work at the same time; more than one needs an ``async`` answer."""

    spread: bool = False
    """Whether copies may judge parts of the pairs in other processes and on other machines. For judges that
    compute; one that waits for an endpoint, or counts money, has its ``concurrency``."""

    def open(self, context: JudgeContext) -> None:
        """Called before the first pair, and again when the judge is used again after ``close``.

        Raise ``JudgeError`` to stop the run here.
        """
        del context

    @abstractmethod
    def answer(self, pair: Pair, questions: Sequence[Question]) -> Answers | Awaitable[Answers]:
        """Answer every question about one pair; may be ``async def``.

        An :class:`Answer` without yes or no abstains from one question. Raising :class:`Unlabelled` (or
        anything else but a :class:`~callwright_grounding.errors.UserError`) leaves this pair without a label,
        and the run goes on. A ``UserError`` stops the run with its one line.
        """

    async def close(self) -> None:
        """Called once, after the last pair, also when the run is stopped."""
        return

    def spending(self) -> Spending:
        """What was used up so far."""
        return Spending()
