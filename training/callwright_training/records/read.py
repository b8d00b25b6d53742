"""Reading record and catalogue files. An unreadable line is listed with its reason; the rest goes on."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from callwright_grounding.catalogue import CatalogueEntry
from callwright_training.errors import RecordsError
from callwright_training.records.apibench import FormError, api_entry, apibench_record
from callwright_training.records.imports import with_imports
from callwright_training.records.plain import plain_record
from callwright_training.records.record import Record, Records, Skipped

Line = tuple[int, Any]
_Read = TypeVar("_Read")
_SAVED = frozenset(item.name for item in fields(CatalogueEntry) if item.init)


@dataclass(frozen=True, slots=True)
class Entries:
    """What a catalogue file held."""

    entries: tuple[CatalogueEntry, ...]
    skipped: tuple[Skipped, ...] = ()


def read_records(path: Path) -> Records:
    """Read a file of records: any of APIBench's forms, or our own (``plain.py``), also mixed.

    ``X.question_ids.json`` beside ``X.json``, a list with one number a line, gives the question ids; without
    it they are the line numbers.

    Raises:
        RecordsError: The file, or the list of question ids beside it, cannot be read.
    """
    ids = _question_ids(path)
    records, skipped = _read_lines(path, lambda line, values: _record(path, line, values, ids))
    last = max([record_line(record) for record in records] + [line.line for line in skipped], default=0)
    if ids is not None and last > len(ids):
        raise RecordsError(
            f"{_ids_file(path)}: {len(ids)} question ids for {last} lines; each line needs one"
        )
    return Records(tuple(records), tuple(skipped))


def read_catalogue(path: Path) -> Entries:
    """Read a catalogue file: Gorilla's ``api/*.jsonl`` or one that :meth:`Catalogue.save` wrote.

    Import statements that are missing are filled in where they are certain (``imports.py``).

    Raises:
        RecordsError: The file cannot be read.
    """
    entries, skipped = _read_lines(path, lambda line, values: _entry(values, f"{path.name}:{line}"))
    return Entries(tuple(with_imports(entries)), tuple(skipped))


def is_catalogue(path: Path) -> bool:
    """Whether the file's first readable line is a catalogue line, not a record.

    Raises:
        RecordsError: The file cannot be read.
    """
    for _, values in _lines(path):
        if isinstance(values, dict):
            return (
                "instruction" not in values
                and "code" not in values
                and ("api_call" in values or "call" in values)
            )
    return False


def gorilla_folder() -> Path | None:
    """Gorilla's files: ``$CALLWRIGHT_DATA/gorilla``; ``None`` where the variable or the folder is missing."""
    folder = Path(os.environ.get("CALLWRIGHT_DATA") or ".") / "gorilla"
    return folder if os.environ.get("CALLWRIGHT_DATA") and folder.is_dir() else None


def record_line(record: Record) -> int:
    """The line of its file that the record came from."""
    return int(record.source.rpartition(":")[2])


def _record(path: Path, line: int, values: dict[str, Any], ids: list[int] | None) -> Record:
    question_id = ids[line - 1] if ids is not None and line <= len(ids) else line
    read = plain_record if "instruction" in values else apibench_record
    return read(values, stem=path.stem, file=path.name, line=line, question_id=question_id)


def _entry(values: dict[str, Any], source: str) -> CatalogueEntry:
    if "api_call" in values:
        return api_entry(values, source)
    if unknown := sorted(set(values) - _SAVED):
        raise FormError(f"unknown field {unknown[0]!r}")
    tuples = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return CatalogueEntry(**{**values, **tuples})


def _read_lines(
    path: Path, read: Callable[[int, dict[str, Any]], _Read]
) -> tuple[list[_Read], list[Skipped]]:
    good: list[_Read] = []
    skipped: list[Skipped] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # invalid escapes in other people's code
        for line, values in _lines(path):
            try:
                if not isinstance(values, dict):
                    raise values if isinstance(values, FormError) else FormError("not a JSON object")
                good.append(read(line, values))
            except (FormError, TypeError, AttributeError, RecursionError, MemoryError) as error:
                skipped.append(Skipped(path.name, line, str(error) or type(error).__name__))
    return good, skipped


def _lines(path: Path) -> Iterator[Line]:
    """Each line's number and JSON value, or the :class:`FormError` that says why there is none.

    A file that is one JSON array counts its items as lines.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RecordsError(f"{path}: cannot read the file: {error.strerror or error}") from error
    if data.lstrip()[:1] == b"[" and isinstance(items := _json(data), list):
        yield from enumerate(items, start=1)
        return
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip():
            yield number, _json(line)


def _json(line: bytes) -> Any:
    try:
        return json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return FormError("not UTF-8")
    except json.JSONDecodeError as error:
        return FormError(f"not JSON: {error.msg} at character {error.colno}")
    except (ValueError, RecursionError) as error:
        return FormError(f"not JSON: {error}")


def _ids_file(path: Path) -> Path:
    return path.with_name(f"{path.stem}.question_ids.json")


def _question_ids(path: Path) -> list[int] | None:
    file = _ids_file(path)
    if not file.is_file():
        return None
    ids = _json(file.read_bytes())
    if not isinstance(ids, list) or not all(type(number) is int for number in ids):
        raise RecordsError(f"{file}: not a JSON list of whole numbers")
    return ids
