"""Per-record results on disk: JSON lines that are appended as they come and found again by content."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from callwright_training.errors import RecordsError
from callwright_training.evaluation.items import Item
from callwright_training.metrics import Answer, Measured


@dataclass(kw_only=True)
class Result:
    """Everything there is to read about one answer."""

    key: str
    """Digest of what was scored; the same content is not scored again."""
    record: str
    question_id: int
    sample: int = 0
    instruction: str
    domain: str
    reference_call: str
    reference_code: str
    text: str
    call: str | None
    code: str | None
    ms: float | None = None
    measured: list[str] = field(default_factory=list)
    """Names of the metrics that were computed."""
    scores: dict[str, float | None] = field(default_factory=dict)
    counts: dict[str, list[float]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, item: Item, key: str) -> Result:
        """An item with nothing measured yet."""
        record, answer = item.record, item.answer
        return cls(
            key=key,
            record=record.id,
            question_id=record.question_id,
            sample=item.sample,
            instruction=f"{record.instruction}\n{record.input}".strip(),
            domain=record.domain,
            reference_call=record.call,
            reference_code=record.code,
            text=answer.text,
            call=answer.call,
            code=answer.code,
            ms=item.ms,
        )

    def add(self, metric: str, measured: Measured) -> None:
        """Note what one metric said."""
        self.measured.append(metric)
        self.scores.update(measured.scores)
        self.counts.update(measured.counts)
        self.notes.update(measured.notes)

    @property
    def answer(self) -> Answer:
        """The answer that was scored."""
        return Answer(text=self.text, call=self.call, code=self.code)


class ResultFile:
    """A file of results that survives being killed.

    Args:
        path: The file; ``None`` keeps nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.known = {result.key: result for result in read_results(path)} if path and path.exists() else {}

    def append(self, results: Iterable[Result]) -> None:
        """Add results at the end of the file; of two with one key the later counts."""
        if self.path is None:
            return
        lines = "".join(_line(result) for result in results)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(lines)

    def replace(self, results: Iterable[Result]) -> None:
        """Write the file anew, whole or not at all."""
        if self.path is None:
            return
        draft = self.path.with_suffix(".tmp")
        draft.write_text("".join(_line(result) for result in results), encoding="utf-8")
        draft.replace(self.path)


def read_results(path: Path) -> list[Result]:
    """Read a file of results; a last line that was cut off is left out.

    Raises:
        RecordsError: The file cannot be read, or another line is no result.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RecordsError(f"{path}: cannot read the results: {error}") from error
    found: dict[tuple[str, str, int], Result] = {}
    for number, line in enumerate(lines, start=1):
        try:
            values = json.loads(line)
            result = Result(**{name: value for name, value in values.items() if name in _FIELDS})
        except (ValueError, TypeError, AttributeError) as error:
            if number == len(lines):
                break
            raise RecordsError(
                f"{path}:{number}: not a result; remove the file and evaluate again"
            ) from error
        found[result.key, result.record, result.sample] = result
    return list(found.values())


_FIELDS = frozenset(item.name for item in fields(Result))


def _line(result: Result) -> str:
    return json.dumps(asdict(result), ensure_ascii=False) + "\n"
