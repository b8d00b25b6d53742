"""A line-up: which systems are evaluated on which questions, as TOML, for one table of all of them.

::

    records = "questions.jsonl"
    catalogue = "calls.jsonl"
    held_out = 0.1

    [[systems]]
    name = "ours"
    adapter = "out/sft/adapter"
"""

from __future__ import annotations

import os
import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, NonNegativeInt, PositiveInt, model_validator

from callwright_plugins.validation import FROZEN
from callwright_training.errors import RunFileError
from callwright_training.run.reading import checked

Share = Annotated[float, Field(gt=0, lt=1)]


class SystemToEvaluate(BaseModel):
    """One row of the table; exactly one of the fields that say what it is."""

    model_config = FROZEN

    name: Annotated[str, Field(min_length=1)]
    """Its name in tables."""
    adapter: str | None = None
    """An adapter's folder, or `default`: exported into a bundle with the catalogue, and asked as served."""
    bundle: str | None = None
    """A bundle's name or folder, asked as served."""
    model: str | None = None
    """A base's name, the folder of a model or an adapter, or `default`: asked without catalogue or server."""
    baseline: Literal["bm25", "dense"] | None = None
    """The catalogue's nearest entry."""
    responses: str | None = None
    """A file of published answers."""
    form: Literal["call", "script", "gorilla"] = "call"
    """What it is asked for: a `script` of an adapter or a bundle is the call and the lines below it."""

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        kinds = ("adapter", "bundle", "model", "baseline", "responses")
        if sum(getattr(self, kind) is not None for kind in kinds) != 1:
            raise ValueError(f"'{self.name}': give exactly one of {', '.join(kinds)}")
        return self


class LineUp(BaseModel):
    """Systems and the questions they are asked."""

    model_config = FROZEN

    title: str = ""
    """One line above the table."""
    records: str
    """The questions; a path is relative to this file, and may begin with `$CALLWRIGHT_DATA`."""
    catalogue: str
    """The APIs that exist, and that can be suggested."""
    held_out: Share | None = None
    """Only the share that training with this share left out."""
    split_seed: NonNegativeInt = 0
    """Seed of `held_out`."""
    limit: PositiveInt | None = None
    """At most so many questions."""
    metrics: str | None = None
    """As `rlaif-train evaluate --metrics`."""
    environment: str = "2024"
    """Library versions that scripts run with."""
    systems: Annotated[tuple[SystemToEvaluate, ...], Field(min_length=1)]
    """Who takes part; the first is tested against all others."""


def installed_line_ups() -> dict[str, Path]:
    """The line-ups that come with this package, by name."""
    folder = Path(str(resources.files("callwright_training") / "line_ups"))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def read_line_up(name_or_path: str) -> LineUp:
    """Read a line-up, its paths made whole.

    Raises:
        RunFileError: There is none, it is not TOML, or says something that cannot be done.
    """
    installed = installed_line_ups()
    path = Path(name_or_path) if Path(name_or_path).is_file() else installed.get(name_or_path)
    if path is None:
        raise RunFileError(f"{name_or_path}: no such line-up; give a file, or one of: {', '.join(installed)}")
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunFileError(f"{path}: cannot be read as TOML: {error}") from error
    line_up = checked(LineUp, values, str(path))
    placed = {name: _placed(getattr(line_up, name), path) for name in ("records", "catalogue")}
    systems = tuple(_system_placed(system, path) for system in line_up.systems)
    return line_up.model_copy(update={**placed, "systems": systems})


def _system_placed(system: SystemToEvaluate, path: Path) -> SystemToEvaluate:
    names = {name: value for name in ("adapter", "bundle", "model") if (value := getattr(system, name))}
    found = {name: _placed(value, path) for name, value in names.items() if "/" in value}
    if system.responses:
        found["responses"] = _placed(system.responses, path)
    return system.model_copy(update=found)


def _placed(name: str, file: Path) -> str:
    if name.startswith("$CALLWRIGHT_DATA") and not os.environ.get("CALLWRIGHT_DATA"):
        raise RunFileError(f"{file}: {name}: set CALLWRIGHT_DATA to the folder that has gorilla/ in it")
    return str(file.parent / os.path.expandvars(name))
