"""Answers that were paid for, kept in SQLite so that none is paid for twice.

One row per (model, wording of the request, question, pair). Replies that could not be read are kept too: they
cost as much as the others. Every write is committed before the answer is used, so a killed run loses what was
in flight and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from callwright_plugins.errors import JudgeError
from callwright_plugins.judge import Answer, Pair, Spending
from callwright_plugins.questions import Question

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, model TEXT NOT NULL, question TEXT NOT NULL, yes INTEGER, reason TEXT NOT NULL,
    unreadable INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY, model TEXT NOT NULL,
    input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
    money REAL NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A reply that was paid for and holds no answer to a question."""

    reason: str


Outcome = Answer | Unreadable


def answer_key(model: str, wording: str, question: Question, pair: Pair) -> str:
    """The SHA-256 of everything that the answer depends on."""
    parts = [model, wording, question.text, pair.instruction, pair.before, pair.completion]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


class AnswerCache:
    """Answers and the ledger of what they cost, in one file.

    Args:
        path: The SQLite file; made where it is missing.

    Raises:
        JudgeError: The file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=30, isolation_level=None)
            self._database.execute("PRAGMA journal_mode = WAL")
            # Survives a killed process; only a power cut may lose the last answers.
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise JudgeError(f"{path}: cannot keep the judge's answers there: {error}") from error

    def get(self, key: str) -> Outcome | None:
        """What is known under this key."""
        row = self._database.execute(
            "SELECT yes, reason, unreadable FROM answers WHERE key = ?", (key,)
        ).fetchone()
        if row is None:
            return None
        yes, reason, unreadable = row
        return Unreadable(reason) if unreadable else Answer(None if yes is None else bool(yes), reason)

    def put(self, model: str, outcomes: Mapping[str, tuple[Question, Outcome]]) -> None:
        """Keep outcomes by key."""
        rows = [
            (key, model, question.id, _yes(outcome), outcome.reason, isinstance(outcome, Unreadable))
            for key, (question, outcome) in outcomes.items()
        ]
        self._write("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)", rows)

    def pay(self, model: str, input_tokens: int, output_tokens: int, money: float) -> None:
        """Write one request into the ledger."""
        row = (model, input_tokens, output_tokens, money)
        self._write(
            "INSERT INTO requests (model, input_tokens, output_tokens, money) VALUES (?, ?, ?, ?)", [row]
        )

    def spending(self) -> Spending:
        """The ledger's sum, over all runs that used this file."""
        row = self._database.execute(
            "SELECT COUNT(*), COALESCE(SUM(input_tokens), 0), COALESCE(SUM(output_tokens), 0),"
            " COALESCE(SUM(money), 0.0) FROM requests"
        ).fetchone()
        return Spending(requests=row[0], input_tokens=row[1], output_tokens=row[2], money=row[3])

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        try:
            with self._database:
                self._database.execute("BEGIN IMMEDIATE")
                self._database.executemany(statement, rows)
                self._database.execute("COMMIT")
        except sqlite3.Error as error:
            raise JudgeError(f"{self.path}: cannot keep the judge's answers: {error}") from error


def _yes(outcome: Outcome) -> int | None:
    return None if isinstance(outcome, Unreadable) or outcome.yes is None else int(outcome.yes)
