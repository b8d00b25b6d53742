"""Files of responses: Gorilla's own JSON lines, or what an evaluation wrote (``answers.jsonl``)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callwright_training.errors import RecordsError
from callwright_training.evaluation.items import Item
from callwright_training.metrics import Answer
from callwright_training.records import Record


@dataclass(frozen=True, slots=True)
class Response:
    """One line of a file of responses."""

    question_id: int
    answer: Answer
    ms: float | None = None


def read_responses(path: Path) -> list[Response]:
    """Read JSON lines with ``text`` or ``call`` and ``code``, each with ``question_id`` or by line number.

    Raises:
        RecordsError: The file cannot be read, or a line is none of these forms.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RecordsError(f"{path}: cannot read the responses: {error}") from error
    found = [_response(line, path, number) for number, line in enumerate(lines, start=1) if line.strip()]
    if not found:
        raise RecordsError(f"{path} holds no response")
    return found


def match(responses: Iterable[Response], records: Sequence[Record]) -> list[Item]:
    """Put each response beside its question's record; several to one question become samples."""
    by_id = {record.question_id: record for record in records}
    seen: Counter[int] = Counter()
    items = []
    for response in responses:
        record = by_id.get(response.question_id)
        if record is not None:
            sample = seen[response.question_id]
            items.append(Item(record=record, answer=response.answer, sample=sample, ms=response.ms))
            seen[response.question_id] += 1
    return items


def _response(line: str, path: Path, number: int) -> Response:
    try:
        values: dict[str, Any] = json.loads(line)
        answer = _answer(values)
        return Response(int(values.get("question_id", number)), answer, values.get("ms"))
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise RecordsError(
            f"{path}:{number}: not a response ({error!r}); a line needs 'text', or 'call' and 'code'"
        ) from error


def _answer(values: dict[str, Any]) -> Answer:
    if "call" not in values and "code" not in values:
        return Answer.read(values["text"])
    made = Answer.of(call=values.get("call"), code=values.get("code"))
    return Answer(text=values.get("text") or made.text, call=made.call, code=made.code)
