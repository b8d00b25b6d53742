"""The stage: records and a base in, a folder with adapter, tokenizer, log and figures out; resumes by itself.

::

    out/
      settings.json   what was asked for, and a hash of the examples; written first
      log.jsonl       one line a step
      checkpoints/    while it runs
      adapter/        peft's files and the tokenizer; model/ instead for a run with every weight
      metrics.json    figures; written last: where it is, the run is done
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callwright_training.errors import StageError
from callwright_training.records import Record, Split, folds, held_out
from callwright_training.sft.examples import Example, texts_of, tokenize
from callwright_training.sft.settings import SFT

if TYPE_CHECKING:
    from callwright_training.bases import Base
    from callwright_training.sft.objective import Objective

SETTINGS, LOG, CHECKPOINTS, METRICS = "settings.json", "log.jsonl", "checkpoints", "metrics.json"
MoreObjectives = Callable[["Base", Split], "Sequence[Objective]"]


@dataclass(frozen=True)
class Metrics:
    """What a finished run measured."""

    records: int
    """Records trained on."""
    records_held_out: int
    examples: int
    steps: int
    tokens: int
    """Tokens that went through the model, padding not counted."""
    seconds: float
    """Time of all steps, those of a run that was stopped included."""
    loss: float
    """Mean of the last tenth of the steps, all objectives added."""
    held_out_loss: float | None
    """Mean cross-entropy of the held-out records' target tokens after training; ``None`` without any."""
    held_out_loss_before: float | None
    """The same before training."""


class Stopped(Exception):  # noqa: N818 - no error: the user asked for it
    """A signal ended the run early; its checkpoint is kept."""

    def __init__(self, step: int, steps: int) -> None:
        super().__init__(f"stopped after step {step} of {steps}; the same command goes on from there")


def tune(settings: SFT, records: Sequence[Record], out: Path, more: MoreObjectives | None = None) -> Metrics:
    """Tune a base model, or go on with a run that was stopped or killed.

    A resumed run ends with the same weights, bit by bit, as one that was never stopped: on the same machine,
    with the same versions and threads.

    Args:
        settings: The run's settings.
        records: All records; the held-out ones are taken out here.
        out: The run's folder.
        more: Gives further objectives for the base and the split, such as the choice among candidates.

    Raises:
        StageError: The folder holds a run with other settings or records, or there is nothing to learn from.
        Stopped: A signal ended the run.
    """
    from callwright_training.bases import load_base

    split = split_of(settings, records)
    texts = texts_of(split.train, settings)
    if not texts:
        raise StageError("no example to learn from: the records have no Python call (or script) to write")
    _claim(out, settings, texts)
    if (out / METRICS).is_file():
        return Metrics(**json.loads((out / METRICS).read_text(encoding="utf-8")))
    _prepare(settings)
    base = load_base(settings.base, seed=settings.seed)
    return _Run(settings, split, texts, base, out, more).finish()


def split_of(settings: SFT, records: Sequence[Record]) -> Split:
    """Which records are trained on and which are held out.

    Raises:
        StageError: The fold does not exist.
    """
    if settings.folds < 2:
        return held_out(records, settings.held_out, settings.split_seed)
    if not settings.fold < settings.folds <= len(records):
        raise StageError(f"there is no fold {settings.fold} of {settings.folds} in {len(records)} records")
    return folds(records, settings.folds, settings.split_seed)[settings.fold]


class _Run:
    """One process's part of a run."""

    def __init__(
        self,
        settings: SFT,
        split: Split,
        texts: Sequence[tuple[str, str]],
        base: Base,
        out: Path,
        more: MoreObjectives | None,
    ) -> None:
        from callwright_training.sft.objective import TextObjective

        self.settings, self.split, self.base, self.out = settings, split, base, out
        self.length = min(settings.max_length, base.model.config.max_position_embeddings)
        self.examples = self._tokenize(texts)
        pad = int(base.tokenizer.pad_token_id)
        text = TextObjective(self.examples, settings.batch_size, pad)
        self.objectives: list[Objective] = [text, *(more(base, split) if more else ())]

    def finish(self) -> Metrics:
        from callwright_training.sft.adapter import tunable
        from callwright_training.sft.plan import steps_of
        from callwright_training.sft.tuner import Tuner, last_checkpoint, step_of
        from callwright_training.sft.watch import Bar, Log, Stop

        plan = steps_of(self.objectives, self.settings.epochs, self.settings.seed)
        checkpoint = last_checkpoint(self.out / CHECKPOINTS)
        before = self._held_out_loss(self.base.model)
        model = tunable(self.base, self.settings)
        log, stop = Log(self.out / LOG, step_of(checkpoint)), Stop()
        with Bar(len(plan), step_of(checkpoint)) as bar, stop.on_signals():
            tuner = Tuner(
                model,
                self.base.tokenizer,
                self.objectives,
                plan,
                self.settings,
                self.out / CHECKPOINTS,
                [log, bar, stop],
            )
            log.tuner = bar.tuner = tuner
            tuner.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        if tuner.state.global_step < len(plan):
            raise Stopped(tuner.state.global_step, len(plan))
        self._save(model)
        metrics = self._metrics(before, self._held_out_loss(self.base.model))
        _write(self.out / METRICS, asdict(metrics))
        shutil.rmtree(self.out / CHECKPOINTS, ignore_errors=True)
        return metrics

    def _tokenize(self, texts: Sequence[tuple[str, str]]) -> list[Example]:
        return tokenize(texts, self.base.tokenizer, self.length)

    def _held_out_loss(self, model: Any) -> float | None:
        from callwright_training.sft.measure import mean_loss

        examples = self._tokenize(texts_of(self.split.held_out, self.settings))
        return mean_loss(model, examples, int(self.base.tokenizer.pad_token_id), bf16=self.settings.bf16)

    def _save(self, model: Any) -> None:
        from callwright_training.sft.adapter import save

        folder = self.out / ("model" if self.settings.full else "adapter")
        scratch = self.out / f".{folder.name}"
        for path in (scratch, folder):
            shutil.rmtree(path, ignore_errors=True)
        save(model, self.base, scratch)
        scratch.rename(folder)

    def _metrics(self, before: float | None, after: float | None) -> Metrics:
        from callwright_training.sft.watch import read_log

        lines = read_log(self.out / LOG)
        names = [objective.name for objective in self.objectives]
        last = lines[-max(len(lines) // 10, 1) :]
        losses = [sum(line["loss"].get(name, 0.0) for name in names) for line in last]
        return Metrics(
            records=len(self.split.train),
            records_held_out=len(self.split.held_out),
            examples=len(self.examples),
            steps=len(lines),
            tokens=sum(line["tokens"] for line in lines),
            seconds=round(sum(line["seconds"] for line in lines), 1),
            loss=sum(losses) / len(losses),
            held_out_loss=after,
            held_out_loss_before=before,
        )


def _claim(out: Path, settings: SFT, texts: Sequence[tuple[str, str]]) -> None:
    """Write what is asked for into a new folder, or make sure that an old one was asked for the same."""
    asked: dict[str, Any] = settings.model_dump()
    asked["examples_sha256"] = hashlib.sha256(json.dumps(texts).encode()).hexdigest()
    file = out / SETTINGS
    if not file.is_file():
        out.mkdir(parents=True, exist_ok=True)
        _write(file, asked)
        return
    found = json.loads(file.read_text(encoding="utf-8"))
    if other := [name for name in asked if found.get(name) != asked[name]]:
        raise StageError(
            f"{out} holds a run with another {other[0]} ({found.get(other[0])}, not {asked[other[0]]}): "
            "give another --out, or --restart to begin anew"
        )


def _write(file: Path, values: dict[str, Any]) -> None:
    scratch = file.with_name(f".{file.name}")
    scratch.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
    scratch.replace(file)


def _prepare(settings: SFT) -> None:
    import torch
    from transformers.utils import logging

    logging.set_verbosity_error()  # our bar and log say it better
    if settings.threads:
        torch.set_num_threads(settings.threads)
