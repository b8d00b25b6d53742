"""The file that outcomes are kept in."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from callwright_server.bundle.installed import callwright_home
from callwright_server.errors import OutcomesError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS outcomes (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,          -- seconds since the epoch, when it was offered
    instruction TEXT NOT NULL, -- what was asked for, in words; empty where nothing was
    call TEXT NOT NULL,        -- the catalogue call; empty for free text
    text TEXT NOT NULL,        -- what was offered
    domain TEXT NOT NULL,
    bundle TEXT NOT NULL,
    latency_ms REAL NOT NULL,
    outcome TEXT NOT NULL,
    kept INTEGER               -- whether it still stood there half a minute later; NULL: not known
)
"""
_COLUMNS = "at, instruction, call, text, domain, bundle, latency_ms, outcome, kept"


class Outcome(Enum):
    """What became of a suggestion."""

    ACCEPTED = "accepted"
    """All of it stands in the document."""
    PARTLY = "partly accepted"
    """A beginning of it was taken, and then something else was written."""
    DISMISSED = "dismissed"
    """Something else was written, or the cursor went away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One outcome, as it is kept."""

    at: float
    instruction: str
    call: str
    text: str
    domain: str
    bundle: str
    latency_ms: float
    outcome: Outcome
    kept: bool | None = None


def outcomes_path() -> Path:
    """Where outcomes are kept."""
    return callwright_home() / "outcomes.sqlite"


class OutcomeStore:
    """Outcomes in a SQLite file; several servers may write to it.

    Args:
        path: The file; made when the first outcome is added.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, row: Row) -> int:
        """Keep one; its number."""
        with closing(self._connection()) as connection, connection:
            cursor = connection.execute(
                f"INSERT INTO outcomes ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                (
                    *(row.at, row.instruction, row.call, row.text, row.domain, row.bundle, row.latency_ms),
                    *(row.outcome.value, row.kept),
                ),
            )
            return int(cursor.lastrowid or 0)

    def set_kept(self, number: int, kept: bool) -> None:
        """Note whether an accepted suggestion still stands there."""
        with closing(self._connection()) as connection, connection:
            connection.execute("UPDATE outcomes SET kept = ? WHERE id = ?", (kept, number))

    def rows(self) -> Iterator[Row]:
        """All of them, oldest first."""
        if not self._path.exists():
            return
        with closing(self._connection()) as connection:
            for row in connection.execute(f"SELECT {_COLUMNS} FROM outcomes ORDER BY id"):  # noqa: S608
                *values, outcome, kept = row
                names = ("at", "instruction", "call", "text", "domain", "bundle", "latency_ms")
                yield Row(
                    **dict(zip(names, values, strict=True)),
                    outcome=Outcome(outcome),
                    kept=None if kept is None else bool(kept),
                )

    def erase(self) -> int:
        """Delete everything; how many rows there were."""
        count = sum(1 for _ in self.rows())
        for suffix in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        return count

    def export(self, path: Path) -> int:
        """Write the calls that were accepted and kept as records that ``rlaif-train`` reads; how many.

        One JSON object a line with ``instruction``, ``api_call`` and ``domain``. Free text is left out: it
        answers no instruction.
        """
        lines = [
            json.dumps(
                {"instruction": row.instruction, "api_call": row.call, "domain": row.domain},
                ensure_ascii=False,
            )
            for row in self.rows()
            if row.outcome is Outcome.ACCEPTED and row.kept is not False and row.instruction and row.call
        ]
        path.write_text("".join(line + "\n" for line in dict.fromkeys(lines)), encoding="utf-8")
        return len(dict.fromkeys(lines))

    def _connection(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self._path, timeout=2)
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise OutcomesError(
                f"{self._path}: cannot keep outcomes there: {error}."
                " Erase them with `callwright outcomes erase`."
            ) from error
        return connection
