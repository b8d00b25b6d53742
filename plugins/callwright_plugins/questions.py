"""Question sets: yes/no questions about one completion, as TOML.

::

    name = "team"
    title = "What our reviewers ask"

    [[questions]]
    id = "syntax"
    text = "Is the code free of syntax errors?"
    good = "yes"
    weight = 2
    check = "syntax"
"""

from __future__ import annotations

import tomllib
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, PositiveFloat, ValidationError, model_validator

from callwright_plugins.errors import QuestionSetError
from callwright_plugins.validation import FROZEN, first_problem

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]


class Question(BaseModel):
    """One question that is answered with yes or no."""

    model_config = FROZEN

    id: Name
    """Its short name in answers and reports: lower case letters, digits, `-` and `_`."""
    text: Annotated[str, Field(min_length=3)]
    """The question as the judge reads it."""
    good: Literal["yes", "no"]
    """The answer that counts as good. Never left out: "Are there undefined variables?" is good when answered
    no."""
    weight: PositiveFloat = 1.0
    """How much a good answer adds to the score."""
    required: bool = False
    """Whether a bad answer leaves nothing of the score: a script that fails in its first line is not half
    right."""
    check: str | None = None
    """The program check that answers it without a model, such as `syntax`; none where a program cannot
    tell."""

    def is_good(self, yes: bool) -> bool:
        """Whether this answer counts as good."""
        return yes == (self.good == "yes")


class QuestionSet(BaseModel):
    """Questions that are asked together."""

    model_config = FROZEN

    name: Name
    """Its name in run files: `questions = "paper"`."""
    title: str = ""
    """One line for lists and reports."""
    note: str = ""
    """Where the wording comes from, for whoever reads a report later."""
    questions: Annotated[tuple[Question, ...], Field(min_length=1)]
    """The questions, in the order in which they are asked."""

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = [question.id for question in self.questions]
        if twice := sorted({name for name in ids if ids.count(name) > 1}):
            raise ValueError(f"question id '{twice[0]}' is used twice")
        return self

    @cached_property
    def total(self) -> float:
        """The highest score: the sum of all weights."""
        return sum(question.weight for question in self.questions)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a TOML file.

        Raises:
            QuestionSetError: The file cannot be read, is not TOML, or is not a question set.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise QuestionSetError(f"{path}: cannot read the question set: {error}") from error
        return cls.parse(text, str(path))

    @classmethod
    def parse(cls, text: str, source: str) -> Self:
        """Read TOML; ``source`` is named in the message when something is wrong.

        Raises:
            QuestionSetError: Not TOML, or not a question set.
        """
        try:
            return cls.model_validate(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise QuestionSetError(f"{source}: not TOML: {error}") from error
        except ValidationError as error:
            raise QuestionSetError(first_problem(error, source)) from error


def built_in_question_sets() -> list[QuestionSet]:
    """The question sets that come with this package."""
    folder = resources.files("callwright_plugins") / "question_sets"
    files = sorted(
        (item for item in folder.iterdir() if item.name.endswith(".toml")), key=lambda item: item.name
    )
    return [QuestionSet.parse(item.read_text(encoding="utf-8"), item.name) for item in files]
