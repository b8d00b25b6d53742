"""What comes with Callwright, offered by the same hooks that strangers use."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path

from callwright_grounding.catalogue import Catalogue
from callwright_plugins import hookimpl
from callwright_plugins.judge import Judge
from callwright_plugins.questions import QuestionSet, built_in_question_sets
from callwright_plugins.suggestion import Filter, Suggestion


@hookimpl
def register_judges(register: Callable[[str, Callable[..., Judge]], None]) -> None:
    """Offer the judges that need no torch; ``local`` comes from the training package."""
    from callwright_plugins.judges.ensemble import EnsembleJudge
    from callwright_plugins.judges.openai import OpenAIJudge
    from callwright_plugins.judges.program import ProgramJudge

    register("program", ProgramJudge)
    register("openai", OpenAIJudge)
    register("ensemble", EnsembleJudge)


@hookimpl
def register_question_sets(register: Callable[[QuestionSet], None]) -> None:
    """Offer every question set in the package's folder."""
    for question_set in built_in_question_sets():
        register(question_set)


@hookimpl
def register_catalogues(register: Callable[[str, Callable[[], Catalogue]], None]) -> None:
    """Offer a small catalogue for trying things out."""
    register("examples", example_catalogue)


@hookimpl
def register_filters(register: Callable[[str, Filter], None]) -> None:
    """Offer filters that hold back what nobody wants to see."""
    register("blank", _blank)
    register("repeats", _repeats)


def example_catalogue() -> Catalogue:
    """A dozen calls of well-known libraries, written for this package."""
    source = resources.files("callwright_plugins") / "catalogues" / "examples.jsonl"
    with resources.as_file(source) as path:
        return Catalogue.load(Path(path))


def _blank(suggestion: Suggestion) -> str | None:
    return None if suggestion.text.strip() else "there is nothing in it"


def _repeats(suggestion: Suggestion) -> str | None:
    following = suggestion.after.lstrip()
    line = suggestion.text.strip()
    return "it repeats what follows the cursor" if len(line) > 3 and following.startswith(line) else None
