"""Which files the choice is learned from, and reading them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from callwright_grounding.catalogue import CatalogueEntry
from callwright_server.choice.fusion import ChoiceSettings
from callwright_training.choice.weights import TUNED
from callwright_training.errors import RecordsError, StageError
from callwright_training.records import Record, gorilla_folder, read_catalogue, read_records

_CATALOGUE = "api/huggingface_api.jsonl"
_RECORDS = ("huggingface_train.json", "huggingface_eval.json")
_FURTHER = ("torchhub_train.json", "torchhub_eval.json", "tensorflow_train.json", "tensorflow_eval.json")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What was read."""

    records: tuple[Record, ...]
    further: tuple[Record, ...]
    entries: tuple[CatalogueEntry, ...]
    catalogue: Path


def read_inputs(records: Sequence[Path], further: Sequence[Path], catalogue: Path | None) -> Inputs:
    """Read the files given, or Gorilla's where none are.

    Raises:
        RecordsError: A file cannot be read or holds nothing.
        StageError: No file is given, and Gorilla's are not here.
    """
    own = bool(records)
    chosen = list(records) or _gorilla(_RECORDS)
    place = catalogue or _gorilla_catalogue()
    if not chosen or place is None:
        raise StageError(
            "give --records FILE and --catalogue FILE, or say with CALLWRIGHT_DATA where Gorilla's files are"
        )
    practice = list(further) or ([] if own else _gorilla(_FURTHER))
    entries = tuple(entry for entry in read_catalogue(place).entries if entry.parsed is not None)
    found = Inputs(_read(chosen), _read(practice), entries, place)
    if not found.records or not entries:
        empty = place if not entries else chosen[0]
        raise RecordsError(f"{empty}: nothing in it can be used; `rlaif-train data {empty}` tells why")
    return found


def read_weights(file: Path | None) -> ChoiceSettings:
    """The weights in a ``choice.json``; those for a tuned encoder without one.

    Raises:
        BundleError: The file is damaged.
        StageError: It has another name.
    """
    if file is None:
        return TUNED
    if file.name != "choice.json":
        raise StageError(f"{file}: the weights are in a file called choice.json")
    return ChoiceSettings.load(file.parent)


def _read(files: Sequence[Path]) -> tuple[Record, ...]:
    return tuple(record for file in files for record in read_records(file))


def _gorilla(names: Sequence[str]) -> list[Path]:
    folder = gorilla_folder()
    files = [folder / "apibench" / name for name in names] if folder else []
    return [file for file in files if file.is_file()]


def _gorilla_catalogue() -> Path | None:
    folder = gorilla_folder()
    return folder / _CATALOGUE if folder and (folder / _CATALOGUE).is_file() else None
