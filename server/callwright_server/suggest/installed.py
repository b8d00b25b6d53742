"""What the user's interpreter has: found, looked at, opened. Building its index is the caller's affair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from callwright_grounding.checking.files import project_folders
from callwright_grounding.environment import (
    Environment,
    Interpreter,
    describe_interpreter,
    find_interpreter,
)
from callwright_grounding.environment.build import missing
from callwright_grounding.errors import InterpreterError


@dataclass(slots=True)
class Installed:
    """The environment that suggestions are held to; ``None`` while it is not known.

    Set by whoever loads it, in any thread; whoever reads it takes it once per question.
    """

    environment: Environment | None = None


def look(python: str, folders: Sequence[Path]) -> tuple[Interpreter, bool]:
    """The user's interpreter, and whether all that it has is indexed.

    Args:
        python: Interpreter or environment folder; empty finds it.
        folders: The workspace; the interpreter is looked for at or above the first.

    Raises:
        InterpreterError: There is none, or it does not answer.
    """
    near = folders[0] if folders else None
    interpreter = describe_interpreter(find_interpreter(python or None, near=near))
    return interpreter, not missing(interpreter)


def find_installed(path: Path) -> Installed:
    """What the interpreter of a file's project has; what is not indexed is read from its files."""
    folders = (path.resolve().parent,)
    try:
        interpreter, _ = look("", folders)
    except InterpreterError:
        return Installed()
    return Installed(open_environment(interpreter, folders))


def open_environment(interpreter: Interpreter, folders: Sequence[Path]) -> Environment:
    """What can be imported, by an interpreter and in a workspace."""
    return Environment(interpreter, project_folders(folders))
