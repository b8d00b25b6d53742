"""Turning what a user wrote into checked settings, with one line where it is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from callwright_plugins.validation import first_problem
from callwright_training.errors import RunFileError

Settings = TypeVar("Settings", bound=BaseModel)


def checked(kind: type[Settings], values: Mapping[str, Any], source: str) -> Settings:
    """The settings, or an error that names the place and what is wrong there.

    Raises:
        RunFileError: A value is missing, unknown or impossible.
    """
    try:
        return kind.model_validate(dict(values))
    except ValidationError as error:
        raise RunFileError(first_problem(error, source)) from error
