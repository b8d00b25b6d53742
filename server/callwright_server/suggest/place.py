"""``FILE:LINE:COLUMN``, as compilers and editors write places."""

from __future__ import annotations

import re
from pathlib import Path

from callwright_server.errors import PositionError
from callwright_server.suggest.document import Document

_PLACE = re.compile(r"(.+):(\d+):(\d+)")


def read_place(place: str) -> tuple[Path, Document, int]:
    """The file, its text and the offset that ``FILE:LINE:COLUMN`` names.

    Args:
        place: Line and column count from 1; columns count characters, and the one behind a line's last is its
            end.

    Raises:
        PositionError: It is no such thing, or there is no such place.
    """
    match = _PLACE.fullmatch(place)
    if match is None:
        raise PositionError(f"{place!r} is not FILE:LINE:COLUMN, such as app.py:12:9.")
    path, line, column = Path(match[1]), int(match[2]), int(match[3])
    document = Document(_read(path), path)
    lines = len(document.starts)
    if not 1 <= line <= lines:
        raise PositionError(f"{path}: there is no line {line}; lines go from 1 to {lines}.")
    length = len(document.line(line - 1))
    if not 1 <= column <= length + 1:
        raise PositionError(f"{path}:{line}: there is no column {column}; columns go from 1 to {length + 1}.")
    return path, document, document.offset(line - 1, column - 1)


def _read(path: Path) -> str:
    try:
        # Line ends stay as they are: they belong to the places.
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise PositionError(f"{path}: there is no such file.") from error
    except UnicodeDecodeError as error:
        raise PositionError(f"{path}: not UTF-8 text ({error.reason} at byte {error.start}).") from error
    except OSError as error:
        raise PositionError(f"{path}: cannot be read ({error.strerror}).") from error
