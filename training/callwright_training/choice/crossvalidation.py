"""Cross-validation: every record is answered by a retriever and a model that have not learned from it.

::

    out/
      fold-1/             a run of tuning.py on the other folds, without the calibration records
        choice.json         the weights, fitted on those
        predictions.jsonl   one line a record; written last: where it is, the fold is done
        feedback/           with feedback: what the judge said, what was learned from it, predictions.jsonl
      results.jsonl, summary.json      all folds, scored; what `rlaif-train compare` takes
      responses/results.jsonl, ...     the same for the responses set beside them
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from callwright_grounding.catalogue import Catalogue
from callwright_plugins.judge import Judge
from callwright_plugins.questions import QuestionSet
from callwright_server.choice import CallChooser, ChoiceSettings, ScoredEntry
from callwright_server.choice.bias import CallBias
from callwright_training.choice.corpus import Corpus, question
from callwright_training.choice.scoring import TorchPairs
from callwright_training.choice.spelling import spelled
from callwright_training.choice.tuning import ADAPTER, SETTINGS, Task, claim, open_retriever, tune_choice
from callwright_training.choice.weights import Shortlist, fit_weights
from callwright_training.errors import StageError
from callwright_training.ppo.settings import PPOSettings
from callwright_training.records import Record, Split, folds, held_out

PREDICTIONS, FEEDBACK = "predictions.jsonl", "feedback"
LISTED = 20
"""How many calls a prediction lists."""
_FIRST_WEIGHT = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What was chosen for one record."""

    record: str
    """The record's id."""
    fold: int
    """From 1."""
    call: str | None
    """The likeliest call; ``None`` where nothing could be chosen."""
    shown: bool
    """Whether the server would have shown it unasked."""
    retrieved: str | None
    """The likeliest call by the retriever alone."""
    listed: list[dict[str, Any]]
    """The first calls with score, probability and features."""


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """A judge, and how a choice learns from it by PPO."""

    judge: Callable[[Catalogue, Path], tuple[Judge, QuestionSet]]
    """Opens the judge for a catalogue, with a folder for its answers."""
    ppo: PPOSettings
    asked: dict[str, Any]
    """What decides the result, to tell runs apart."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is cross-validated."""

    task: Task
    """Records, catalogue and settings; its folder takes the folds'."""
    folds: int = 5
    """How many folds; 0 takes one split by ``held_out``."""
    held_out: float = 0.1
    """Share that is held out where there are no folds."""
    calibration: int = 80
    """Training records that are kept from training, for fitting the weights."""
    retriever_only: bool = False
    """Leave the language model alone; then no record is kept for calibration."""
    feedback: Feedback | None = None
    """What teaches every fold's choice after it is tuned."""

    def splits(self) -> list[Split]:
        """The splits; the same for the same records and ``split_seed``.

        Raises:
            StageError: There are too few records.
        """
        seed = self.task.sft.split_seed
        try:
            if self.folds:
                return folds(self.task.records, self.folds, seed)
            return [held_out(self.task.records, self.held_out, seed)]
        except ValueError as error:
            raise StageError(f"cannot split the records: {error}") from error


def cross_validate(plan: Plan, report: Callable[[str], None]) -> list[Prediction]:
    """Tune on every split and predict what it holds out; what is done already is read.

    Args:
        plan: What is cross-validated.
        report: Told what begins.

    Raises:
        StageError: The folder holds a run with other settings or records.
        Stopped: A signal ended the run; the same call goes on.
    """
    found: list[Prediction] = []
    splits = plan.splits()
    for number, split in enumerate(splits, start=1):
        report(f"fold {number} of {len(splits)}: {len(split.train)} records, {len(split.held_out)} held out")
        found += _fold(plan, split, number)
    return found


def _fold(plan: Plan, split: Split, number: int) -> list[Prediction]:
    task, kept = _inner(plan, split, number)
    place = task.out / FEEDBACK if plan.feedback else task.out
    file = place / PREDICTIONS
    task.claim()
    if plan.feedback:
        claim(place / SETTINGS, plan.feedback.asked)
    if file.is_file():
        lines = file.read_text(encoding="utf-8").splitlines()
        return [Prediction(**json.loads(line)) for line in lines]
    tune_choice(task, retriever_only=plan.retriever_only)
    bias = _learned(plan.feedback, task, place) if plan.feedback else None
    chooser = _chooser(task, kept, bias, retriever_only=plan.retriever_only)
    found = list(_predict(chooser, split.held_out, number))
    scratch = file.with_suffix(".tmp")
    scratch.write_text("".join(json.dumps(asdict(one)) + "\n" for one in found), encoding="utf-8")
    scratch.replace(file)
    return found


def _inner(plan: Plan, split: Split, number: int) -> tuple[Task, Sequence[Record]]:
    """The fold's own training, and the records that are kept from it for the weights."""
    chance = random.Random(f"calibration {plan.task.sft.split_seed} {number}")
    count = 0 if plan.retriever_only else min(plan.calibration, len(split.train) // 4)
    kept = chance.sample(split.train, count)
    ids = {record.id for record in kept}
    sft = plan.task.sft.model_copy(update={"held_out": 0.0, "folds": 0})
    records = tuple(record for record in split.train if record.id not in ids)
    entries = spelled(plan.task.entries, records)
    task = replace(plan.task, records=records, entries=entries, sft=sft, out=plan.task.out / f"fold-{number}")
    return task, kept


def _learned(feedback: Feedback, task: Task, place: Path) -> CallBias:
    """What a fold's choice learns from the judge, about its own training records."""
    from callwright_training.ppo.choice_stage import learn_bias
    from callwright_training.ppo.stage import PPORequest
    from callwright_training.progress import steps

    catalogue = Catalogue(task.entries)
    request = PPORequest(
        base=task.sft.base,
        adapter=task.out,
        reward=place,
        records=task.records,
        form="choice",
        settings=feedback.ppo,
        seed=task.sft.seed,
        out=place,
        catalogue=catalogue,
        judge=lambda: feedback.judge(catalogue, place),
    )
    with steps("Learning from feedback") as step:
        bias, _ = learn_bias(request, step)
    bias.save(place)
    return bias


def _chooser(
    task: Task, kept: Sequence[Record], bias: CallBias | None, *, retriever_only: bool
) -> CallChooser:
    """The server's chooser over torch models, with fitted weights."""
    corpus, retriever = Corpus(task.entries), open_retriever(task, prior=True, bias=bias)
    if retriever_only:
        return CallChooser(retriever, corpus.by_call, None, task.weights)
    model = _language_model(task)
    even = task.weights.model_copy(update={"choice": {**task.weights.choice, "language_model": 1.0}})
    asked = CallChooser(retriever, corpus.by_call, model, even)
    settings = fit_weights([_shortlist(asked, record, corpus) for record in kept], even, _FIRST_WEIGHT)
    settings.save(task.out)
    return CallChooser(retriever, corpus.by_call, model, settings)


def _language_model(task: Task) -> TorchPairs:
    from peft import PeftModel

    from callwright_training.bases import load_base

    base = load_base(task.sft.base, seed=task.sft.seed)
    model = PeftModel.from_pretrained(base.model, str(task.out / ADAPTER)).merge_and_unload()
    return TorchPairs(model, base, bf16=task.sft.bf16)


def _shortlist(chooser: CallChooser, record: Record, corpus: Corpus) -> Shortlist:
    listed = _choose(chooser, record, chooser.settings.candidates)
    gold = corpus.gold(record)
    right = corpus.documents[gold].call if gold is not None else record.call
    domain = corpus.documents[gold].domain if gold is not None else record.domain
    calls = [one.entry.text for one in listed]
    return Shortlist(
        retrieval=[one.features["retrieval"] for one in listed],
        language_model=[one.features["language_model"] for one in listed],
        right=calls.index(right) if right in calls else None,
        same_domain=[one.entry.domain == domain for one in listed],
    )


def _predict(chooser: CallChooser, records: Sequence[Record], number: int) -> Iterator[Prediction]:
    for record in records:
        listed = _choose(chooser, record, LISTED)
        first = max(listed, key=lambda one: one.features["retrieval"], default=None)
        yield Prediction(
            record=record.id,
            fold=number,
            call=listed[0].entry.text if listed else None,
            shown=bool(listed and listed[0].shown),
            retrieved=first.entry.text if first else None,
            listed=[_told(one) for one in listed],
        )


def _choose(chooser: CallChooser, record: Record, limit: int) -> list[ScoredEntry]:
    return chooser.choose(question(record), limit=limit, stop=lambda: False)


def _told(one: ScoredEntry) -> dict[str, Any]:
    features = {name: round(value, 4) for name, value in one.features.items()}
    return {"call": one.entry.text, "score": round(one.score, 4), "probability": one.probability} | features


def mean_weights(out: Path) -> ChoiceSettings | None:
    """The mean of the folds' fitted weights, for a final training on all records; ``None`` without any."""
    found = [ChoiceSettings.load(path.parent) for path in sorted(out.glob("fold-*/choice.json"))]
    if not found:
        return None
    names = {name for one in found for name in one.choice}
    means = {name: sum(one.choice.get(name, 0.0) for one in found) / len(found) for name in sorted(names)}
    return found[0].model_copy(update={"choice": means})
