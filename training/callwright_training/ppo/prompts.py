"""Which records' instructions are put to the policy: those that it can learn from."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from callwright_training.errors import StageError
from callwright_training.feedback.samples import askable, whole_lines
from callwright_training.records import Record

if TYPE_CHECKING:
    from callwright_training.ppo.stage import PPORequest, Step


def asked_records(request: PPORequest, step: Step) -> Sequence[Record]:
    """The records of the request that can be asked about and that its settings do not leave out.

    Raises:
        StageError: None is left, or what tells them is missing.
    """
    records: Sequence[Record] = askable(request.records, request.form, request.catalogue)
    if not records:
        raise StageError("ppo: there is no record to take prompts from")
    if request.settings.undecided:
        records = _undecided(records, request.labels)
    if request.settings.answered:
        step("asking the judge about the records' own answers", 0.0)
        records = _answered(request, records)
    return records


def _undecided(records: Sequence[Record], labels: Path | None) -> Sequence[Record]:
    if labels is None:
        raise StageError("ppo: undecided needs the labels of feedback: run it by a run file")
    seen: dict[str, set[bool]] = {}
    for row in whole_lines(labels):
        seen.setdefault(row["sample"]["record"], set()).add(row["accepted"])
    left = [record for record in records if len(seen.get(record.id, ())) == 2]
    if not left:
        raise StageError(f"ppo: {labels} accepts all or none of each record's samples; drop `undecided`")
    return left


def _answered(request: PPORequest, records: Sequence[Record]) -> Sequence[Record]:
    from callwright_training.ppo.direct import answered, judge_reward

    if request.judge is None:
        raise StageError("ppo: answered needs a judge: run it by a run file")
    judge, questions = request.judge()
    told, least = judge_reward(judge, questions), request.settings.answered
    try:
        left = answered(records, told, request.form, request.catalogue, least)
    finally:
        asyncio.run(judge.close())
    if not left:
        raise StageError(f"ppo: no record's own answer earns {least:g} of the score; lower `answered`")
    return left
