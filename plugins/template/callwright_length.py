"""A judge that dislikes long completions, and the questions it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from callwright_plugins import Answer, Answers, Judge, Pair, Question, QuestionSet, hookimpl

QUESTIONS = QuestionSet(
    name="length",
    title="Is it short?",
    questions=(
        Question(id="short", text="Is the code short?", good="yes"),
        Question(id="wide", text="Does the code have lines wider than 100 columns?", good="no"),
    ),
)


class LengthJudge(Judge):
    """Answers by counting; abstains from questions that it does not know.

    Args:
        longest: The most characters that count as short.
    """

    def __init__(self, longest: int = 400) -> None:
        self.longest = longest

    def answer(self, pair: Pair, questions: Sequence[Question]) -> Answers:
        """Count characters and columns."""
        widest = max((len(line) for line in pair.completion.splitlines()), default=0)
        told = {
            "short": Answer(len(pair.completion) <= self.longest, f"{len(pair.completion)} characters"),
            "wide": Answer(widest > 100, f"{widest} columns"),
        }
        return {question.id: told.get(question.id, Answer(None)) for question in questions}


@hookimpl
def register_judges(register: Callable[[str, Callable[..., Judge]], None]) -> None:
    """Offer the judge as ``length``."""
    register("length", LengthJudge)


@hookimpl
def register_question_sets(register: Callable[[QuestionSet], None]) -> None:
    """Offer its questions as ``length``."""
    register(QUESTIONS)
