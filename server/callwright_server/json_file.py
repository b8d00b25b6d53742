"""Small JSON files of a bundle, read into pydantic models."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from callwright_server.errors import BundleError

Model = TypeVar("Model", bound=BaseModel)


def read_json(model: type[Model], path: Path) -> Model:
    """Read a file.

    Raises:
        BundleError: It is missing, cannot be read, or says something unknown.
    """
    try:
        return model.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        raise BundleError(f"{path}: {complaint(error)}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{path}: cannot be read ({error})") from error


def complaint(error: ValidationError) -> str:
    """The first thing that is wrong, and where."""
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"])) or "the file"
    return f"{where}: {first['msg']}"
