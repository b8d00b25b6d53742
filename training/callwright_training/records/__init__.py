"""Records: reading APIBench and a team's own, repairing what is nearly right, and splitting them."""

from callwright_training.records.read import (
    Entries,
    gorilla_folder,
    is_catalogue,
    read_catalogue,
    read_records,
)
from callwright_training.records.record import Record, Records, Skipped
from callwright_training.records.split import Split, folds, held_out

__all__ = [
    "Entries",
    "Record",
    "Records",
    "Skipped",
    "Split",
    "folds",
    "gorilla_folder",
    "held_out",
    "is_catalogue",
    "read_catalogue",
    "read_records",
]
