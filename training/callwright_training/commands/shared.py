"""Options that several subcommands have."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def model_options(command: Decorated) -> Decorated:
    """Add ``--base`` and ``--adapter``."""
    adapter = click.option(
        "--adapter",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Folder of M_SFT's adapter; without it the base is taken as it is.",
    )
    base = click.option(
        "--base", default="smollm2-135m", show_default=True, help="Base model: a name, a folder or a hub id."
    )
    return base(adapter(command))


def judge_options(command: Decorated) -> Decorated:
    """Add ``--judge``, ``--option`` and ``--questions``."""
    questions = click.option(
        "--questions", metavar="NAME_OR_FILE", help="The question set.  [default: paper]"
    )
    option = click.option(
        "--option",
        "options",
        multiple=True,
        metavar="KEY=VALUE",
        help="What the judge is told; several times.",
    )
    judge = click.option("--judge", metavar="NAME", help="Who answers.  [default: program]")
    return judge(option(questions(command)))


def options_table(options: tuple[str, ...]) -> dict[str, Any]:
    """``KEY=VALUE`` texts as a table; a value is read as TOML where it is some, else as text."""
    table = {}
    for text in options:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise click.BadParameter(f"{text!r}: write KEY=VALUE", param_hint="--option")
        table[key.strip()] = _value(value.strip())
    return table


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
