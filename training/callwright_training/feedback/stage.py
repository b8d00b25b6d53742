"""The stage ``feedback``: sample, judge, score, label, in files that a killed run goes on from.

::

    samples.jsonl               every sample, appended as it is drawn
    judged.jsonl                every answer, appended as it comes
    labels.jsonl                the result, in the order of the samples
    unlabelled.jsonl            samples without a label, with the reasons
    unpaired_preference.jsonl   TRL's forms of the result
    preference.jsonl
    summary.json                histogram, threshold, cost
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from callwright_grounding.catalogue import Catalogue
from callwright_plugins.judge import Spending
from callwright_plugins.manager import Plugins
from callwright_plugins.questions import QuestionSet
from callwright_training.choice import corpus
from callwright_training.choice.served import retriever_of
from callwright_training.errors import StageError
from callwright_training.export.merge import adapter_hash
from callwright_training.feedback import labels as labelling
from callwright_training.feedback.chosen import Choosing
from callwright_training.feedback.judged import Spread, forget_unless_same, judge_pairs, open_judge
from callwright_training.feedback.labels import Label, Labelled
from callwright_training.feedback.samples import (
    Asked,
    Sample,
    Sampling,
    askable,
    catalogue_imports,
    complete,
    pair_of,
    prompt_of,
    read_samples,
    write_samples,
)
from callwright_training.feedback.settings import FeedbackSettings
from callwright_training.feedback.workers import Work, run_work
from callwright_training.files import write_whole
from callwright_training.records import Record
from callwright_training.records.split import shuffled
from callwright_training.run.hashing import hash_paths

Step = Callable[[str, float], None]


@dataclass(frozen=True, kw_only=True)
class FeedbackRequest:
    """What the stage needs."""

    base: str
    """Name, folder or hub id of the base model."""
    adapter: Path | None
    """Folder of M_SFT's adapter; ``None`` samples the base as it is."""
    records: Sequence[Record]
    """Whose instructions are put to the model."""
    catalogue: Catalogue
    """What the judge may compare calls with."""
    plugins: Plugins
    settings: FeedbackSettings
    seed: int
    out: Path
    answers: Path | None = None
    """Where the judge keeps what it was told, to be shared with other stages; ``out`` if not given."""


def run_feedback(request: FeedbackRequest, step: Step) -> dict[str, Any]:
    """Run the stage; returns the summary that it writes.

    Raises:
        StageError: There is no record, no sample could be labelled, or Ray is missing.
        PluginError: The judge or the question set is unknown, or the judge cannot go on.
    """
    settings = request.settings
    can_be_asked = askable(request.records, settings.form, request.catalogue)
    records = shuffled(can_be_asked, request.seed)[: settings.limit]
    if not records:
        raise StageError("feedback: there is no record to sample for; check `records` in the run file")
    questions = request.plugins.question_set(settings.questions)
    request.out.mkdir(parents=True, exist_ok=True)
    # A missing key or a wrong option should show before hours of sampling.
    judge = open_judge(settings, request.plugins, request.catalogue, request.answers or request.out)
    samples = _sample(request, records, lambda done: step("sampling", 0.7 * done))
    imports = catalogue_imports(request.catalogue, records)
    by_id = {record.id: record for record in records}
    pairs = [pair_of(sample, by_id[sample.record], settings.form, imports) for sample in samples]
    labels, spent = judge_pairs(
        judge,
        settings,
        pairs,
        questions,
        folder=request.out,
        step=lambda done: step("judging", 0.7 + 0.3 * done),
        spread=Spread(request.plugins.files, request.catalogue, settings.workers, settings.ray),
    )
    return _publish(request, samples, labels, questions, spent)


def _sample(
    request: FeedbackRequest, records: Sequence[Record], step: Callable[[float], None]
) -> list[Sample]:
    """Every record's samples, in the order of the records."""
    settings, file = request.settings, request.out / "samples.jsonl"
    work, same = _choosing(request) if settings.form == "choice" else _writing(request)
    forget_unless_same(request.out / "sampling.json", same, [file, request.out / "judged.jsonl"])
    found = complete(read_samples(file), settings.samples)
    asked = [
        Asked(record.id, record.instruction, prompt_of(record, settings.form), corpus.question(record))
        for record in records
    ]
    groups = [
        asked[start : start + settings.prompts_at_once]
        for start in range(0, len(asked), settings.prompts_at_once)
    ]
    missing = [group for group in groups if any(one.record not in found for one in group)]
    for drawn in run_work(work, missing, workers=settings.workers, ray=settings.ray):
        write_samples(file, drawn)
        found |= complete(drawn, settings.samples)
        step(len(found) / len(records))
    return [sample for record in records for sample in found[record.id]]


def _writing(request: FeedbackRequest) -> tuple[Work[Sequence[Asked], list[Sample]], dict[str, Any]]:
    """The work of sampling text, and what its result depends on."""
    settings = request.settings
    work = Sampling(
        base=request.base,
        adapter=request.adapter,
        samples=settings.samples,
        temperature=settings.temperature,
        max_tokens=settings.max_tokens,
        form=settings.form,
        seed=request.seed,
        bf16=settings.bf16,
    )
    same = {**asdict(work), "adapter": adapter_hash(request.adapter), "at_once": settings.prompts_at_once}
    return work, same


def _choosing(request: FeedbackRequest) -> tuple[Work[Sequence[Asked], list[Sample]], dict[str, Any]]:
    """The same of choices."""
    settings, catalogue = request.settings, request.catalogue
    work = Choosing(
        base=request.base,
        adapter=request.adapter,
        samples=settings.samples,
        temperature=settings.temperature,
        seed=request.seed,
        entries=(*catalogue.entries, *catalogue.variants),
    )
    same = {
        "form": settings.form,
        "base": work.base,
        "samples": work.samples,
        "temperature": work.temperature,
        "seed": work.seed,
        "retriever": hash_paths([retriever_of(request.adapter)]),
        "catalogue": catalogue.version,
    }
    return work, same


def _publish(
    request: FeedbackRequest,
    samples: Sequence[Sample],
    labels: Sequence[Label],
    questions: QuestionSet,
    spent: Spending,
) -> dict[str, Any]:
    settings, out = request.settings, request.out
    counts = labelling.histogram(labels)
    without = [label for label in labels if label.score is None]
    if not counts:
        raise StageError(
            f"feedback: none of {len(labels)} samples could be labelled; the first: {without[0].unlabelled}"
        )
    threshold = settings.threshold
    if threshold is None:
        threshold = labelling.threshold_at(counts, settings.quantile)
    rows = [
        (sample, label, label.score >= threshold)
        for sample, label in zip(samples, labels, strict=True)
        if label.score is not None
    ]
    labelling.write_lines(
        out / "labels.jsonl",
        (
            labelling.to_json(label) | {"sample": asdict(sample), "accepted": good}
            for sample, label, good in rows
        ),
    )
    labelling.write_lines(
        out / "unlabelled.jsonl", ({"id": one.id, "reason": one.unlabelled} for one in without)
    )
    texts = [Labelled(one.prompt, one.completion, label.score or 0.0, good) for one, label, good in rows]
    labelling.write_lines(out / "unpaired_preference.jsonl", labelling.unpaired_preference(texts))
    pairs = labelling.write_lines(out / "preference.jsonl", labelling.preference(texts))
    summary = {
        "records": len({sample.record for sample in samples}),
        "samples": len(samples),
        "labelled": len(rows),
        "accepted": sum(good for _, _, good in rows),
        "unlabelled": len(without),
        "unlabelled_reasons": _most_common(without),
        "preference_pairs": pairs,
        "judge": settings.judge,
        "questions": questions.name,
        "highest_score": questions.total,
        "histogram": {f"{score:g}": count for score, count in counts.items()},
        "threshold": threshold,
        "threshold_from": "settings" if settings.threshold is not None else f"quantile {settings.quantile:g}",
        "good_answers": _good_answers(labels, questions),
        "stopped": sum(sample.stopped for sample in samples),
        "spending": asdict(spent),
    }
    write_whole(out / "summary.json", json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
    return summary


def _most_common(labels: Sequence[Label]) -> dict[str, int]:
    from collections import Counter

    return dict(Counter(label.unlabelled or "" for label in labels).most_common(10))


def _good_answers(labels: Sequence[Label], questions: QuestionSet) -> dict[str, dict[str, int]]:
    """For each question: good, bad and abstained answers."""
    table: dict[str, dict[str, int]] = {}
    for question in questions.questions:
        told = [label.answers[question.id].yes for label in labels if question.id in label.answers]
        good = sum(yes is not None and question.is_good(yes) for yes in told)
        none = sum(yes is None for yes in told)
        table[question.id] = {"good": good, "bad": len(told) - good - none, "abstained": none}
    return table
