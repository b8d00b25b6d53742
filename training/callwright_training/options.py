"""Command-line options made from a settings class, so that a setting is explained once, under its field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar, get_args, get_origin

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def settings_options(kind: type[BaseModel]) -> Callable[[Decorated], Decorated]:
    """Add one option for each field of a settings class: ``batch_size`` becomes ``--batch-size``."""

    def decorate(command: Decorated) -> Decorated:
        for name, field in reversed(kind.model_fields.items()):
            command = _option(name, field)(command)
        return command

    return decorate


def _option(name: str, field: FieldInfo) -> Callable[[Decorated], Decorated]:
    flag = f"--{name.replace('_', '-')}"
    if field.annotation is bool:
        flag = f"{flag}/--no-{name.replace('_', '-')}"
    return click.option(
        flag,
        name,
        type=_type(field.annotation),
        default=field.default,
        show_default=True,
        help=field.description,
    )


def _type(annotation: Any) -> Any:
    if get_origin(annotation) is Literal:
        return click.Choice(get_args(annotation))
    return annotation if annotation in (bool, int, float, str) else str
