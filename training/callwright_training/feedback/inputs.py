"""Reading what the stages are given: records, a catalogue by file or name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from callwright_grounding.catalogue import Catalogue
from callwright_plugins.manager import Plugins
from callwright_training.errors import RecordsError
from callwright_training.records import Record, read_catalogue, read_records


def load_records(paths: Sequence[Path]) -> tuple[Record, ...]:
    """The records of all files.

    Raises:
        RecordsError: A file cannot be read, or there is no record in any of them.
    """
    records = tuple(record for path in paths for record in read_records(path))
    if not records:
        raise RecordsError(f"{', '.join(map(str, paths)) or 'records'}: there is no record in it")
    return records


def load_catalogue(name: str | None, plugins: Plugins) -> Catalogue:
    """A plugin's catalogue by its name, else a file's; empty without a name.

    Raises:
        RecordsError: There is neither a catalogue nor a file of this name.
    """
    if name is None:
        return Catalogue(())
    if name in plugins.catalogues:
        return plugins.catalogues[name].value()
    if not Path(name).is_file():
        known = ", ".join(plugins.catalogues)
        raise RecordsError(f"there is no catalogue '{name}'; give a file, or one of: {known}")
    return Catalogue(read_catalogue(Path(name)).entries)
