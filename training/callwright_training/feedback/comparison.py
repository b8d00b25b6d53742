"""Two judges about the same samples, and about labels given by hand."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callwright_grounding.catalogue import Catalogue
from callwright_plugins.judge import Pair
from callwright_plugins.manager import Plugins
from callwright_training.errors import RecordsError, RunFileError, StageError
from callwright_training.feedback.agreement import Agreement, against_hand, compare
from callwright_training.feedback.judged import judge_pairs, open_judge
from callwright_training.feedback.labels import Label, histogram, threshold_at
from callwright_training.feedback.samples import catalogue_imports
from callwright_training.feedback.settings import JudgeSettings
from callwright_training.feedback.stage import Step
from callwright_training.records import Record
from callwright_training.run.reading import checked


@dataclass(frozen=True)
class Comparison:
    """What comparing two judges found."""

    judges: tuple[str, str]
    table: dict[str, Agreement]
    """Question id, or ``(accepted)``, to agreement between the two."""
    hand: tuple[Agreement, Agreement] | None
    """Each judge against the labels given by hand."""
    unlabelled: tuple[int, int]


def judge_settings(name_or_file: str, questions: str | None) -> JudgeSettings:
    """A judge by its name, or a TOML file with ``judge`` and ``[options]``.

    Raises:
        RunFileError: The file cannot be read or says something else.
    """
    values: dict[str, Any] = {"judge": name_or_file}
    if name_or_file.endswith(".toml"):
        try:
            values = tomllib.loads(Path(name_or_file).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise RunFileError(f"{name_or_file}: cannot read the judge: {error}") from error
    return checked(JudgeSettings, values | ({"questions": questions} if questions else {}), name_or_file)


def compare_judges(
    settings: tuple[JudgeSettings, JudgeSettings],
    rows: Sequence[Mapping[str, Any]],
    records: Sequence[Record],
    catalogue: Catalogue,
    plugins: Plugins,
    folder: Path,
    step: Step,
) -> Comparison:
    """Let both judge every sample.

    Args:
        settings: The two judges; the first one's question set is asked.
        rows: Samples as :func:`read_rows` reads them.
        records: Records that name the right API of samples; may be empty.
        catalogue: What calls are compared with.
        plugins: Where judges come from.
        folder: Keeps answers, a folder for each judge.
        step: Reports progress.

    Raises:
        StageError: A judge could label none of the samples.
        PluginError: A judge is unknown or cannot go on.
    """
    questions = plugins.question_set(settings[0].questions)
    pairs = _pairs(rows, records, catalogue)
    labels: list[list[Label]] = []
    for number, one in enumerate(settings):
        place = folder / f"{number + 1}-{one.judge}"
        place.mkdir(parents=True, exist_ok=True)
        judged, _ = judge_pairs(
            open_judge(one, plugins, catalogue, place),
            one,
            pairs,
            questions,
            folder=place,
            step=lambda done, number=number, one=one: step(one.judge, (number + done) / 2),  # type: ignore[misc]
        )
        labels.append(judged)
    thresholds = [_threshold(judged, one.judge) for judged, one in zip(labels, settings, strict=True)]
    hand = {str(row["id"]): bool(row["label"]) for row in rows if "label" in row}
    return Comparison(
        judges=(settings[0].judge, settings[1].judge),
        table=compare(labels[0], labels[1], questions, (thresholds[0], thresholds[1])),
        hand=_hand(labels, hand, thresholds),
        unlabelled=(_unlabelled(labels[0]), _unlabelled(labels[1])),
    )


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Samples: what the stage ``feedback`` wrote, or lines with ``instruction`` and ``completion``.

    ``id`` names a sample (else its line does); ``label``, true or false, is one given by hand.

    Raises:
        RecordsError: A line is not such a sample.
    """
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            rows.append({"id": str(number), **row.get("sample", {}), **row})
            _ = rows[-1]["instruction"], rows[-1]["completion"]
        except (ValueError, AttributeError, KeyError) as error:
            raise RecordsError(
                f"{path}:{number}: not a sample: it needs 'instruction' and 'completion'"
            ) from error
    if not rows:
        raise RecordsError(f"{path}: there is no sample in it")
    return rows


def _pairs(rows: Sequence[Mapping[str, Any]], records: Sequence[Record], catalogue: Catalogue) -> list[Pair]:
    by_id = {record.id: record for record in records}
    imports = catalogue_imports(catalogue, records)
    pairs = []
    for row in rows:
        record = by_id.get(str(row.get("record")))
        pairs.append(
            Pair(
                id=str(row["id"]),
                instruction=row["instruction"],
                completion=row["completion"],
                before=imports(row["completion"]),
                reference=record.api if record else None,
            )
        )
    return pairs


def _threshold(labels: Sequence[Label], judge: str) -> float:
    counts = histogram(labels)
    if not counts:
        raise StageError(
            f"judge '{judge}' could label none of the samples; the first: {labels[0].unlabelled}"
        )
    return threshold_at(counts, 0.5)


def _hand(
    labels: Sequence[Sequence[Label]], hand: Mapping[str, bool], thresholds: Sequence[float]
) -> tuple[Agreement, Agreement] | None:
    if not hand:
        return None
    first, second = (against_hand(labels[side], hand, thresholds[side]) for side in (0, 1))
    return first, second


def _unlabelled(labels: Sequence[Label]) -> int:
    return sum(label.score is None for label in labels)
