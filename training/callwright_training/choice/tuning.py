"""The whole of it: retriever, language model and weights become one adapter folder; resumes by itself.

::

    out/
      choice.settings.json  what was asked for
      retriever/            the encoder's adapter, domain prior, weights; there when the retriever is done
      adapter/              the language model's adapter with a copy of retriever/ in it: what export takes
      ...                   what :mod:`callwright_training.sft.train` keeps
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callwright_grounding.catalogue import Catalogue, CatalogueEntry
from callwright_server.bundle import RETRIEVER
from callwright_server.choice.bias import CallBias
from callwright_server.choice.fusion import ChoiceSettings
from callwright_server.choice.retriever import Retriever
from callwright_training.choice.corpus import Corpus, Question, further_questions, question, questions_of
from callwright_training.choice.settings import Choice
from callwright_training.choice.weights import TUNED
from callwright_training.errors import StageError
from callwright_training.records import Record, Split
from callwright_training.sft.settings import SFT

if TYPE_CHECKING:
    from callwright_training.bases import Base
    from callwright_training.choice.encoders import EncoderBase
    from callwright_training.sft.objective import Objective

ADAPTER, SETTINGS = "adapter", "choice.settings.json"
_WEIGHTS = "adapter_model.safetensors"


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is learned, from what, and where it goes."""

    records: Sequence[Record]
    """All records; those that the settings hold out are left out of everything."""
    further: Sequence[Record] = ()
    """Records about other APIs, for practice."""
    entries: tuple[CatalogueEntry, ...]
    """The catalogue, also several entries with the same call."""
    sft: SFT
    choice: Choice
    weights: ChoiceSettings = TUNED
    """Weights that the bundle gets."""
    out: Path

    def claim(self) -> None:
        """Write down what is asked for, or make sure that the folder was asked for the same.

        Raises:
            StageError: It was asked for something else.
        """
        claim(
            self.out / SETTINGS,
            {"sft": self.sft.model_dump(), "choice": self.choice.model_dump(), "inputs": self._digest()},
        )

    def _digest(self) -> str:
        parts = [[question(record), record.call] for record in (*self.records, *self.further)]
        parts += [[entry.text, entry.description] for entry in self.entries]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def claim(file: Path, asked: dict[str, Any]) -> None:
    """Write down what is asked for in a folder, or make sure that it was asked for the same.

    Raises:
        StageError: It was asked for something else.
    """
    if file.is_file():
        if json.loads(file.read_text(encoding="utf-8")) != asked:
            raise StageError(
                f"{file.parent} holds a run with other settings or records: give another --out, "
                "or --restart to begin anew"
            )
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(asked, indent=2) + "\n", encoding="utf-8")


def tune_choice(task: Task, *, retriever_only: bool = False) -> Path:
    """Tune, or go on with what was stopped; returns the folder that export takes.

    Args:
        task: What, from what, and where to.
        retriever_only: Leave the language model alone; then the folder is the retriever's.

    Raises:
        StageError: The folder holds another run, or the records have nothing to do with the catalogue.
        Stopped: A signal ended the run; the same call goes on.
    """
    from callwright_training.sft.train import split_of, tune

    task.claim()
    split = split_of(task.sft, task.records)
    place = tune_retriever(task, split)
    if retriever_only:
        return place
    tune(task.sft, task.records, task.out, more=lambda base, split: [_objective(task, base, split)])
    return _complete(task.out / ADAPTER, place)


def tune_retriever_beside(
    folder: Path, records: Sequence[Record], catalogue: Catalogue, sft: SFT, choice: Choice
) -> None:
    """Tune a retriever for a language model that is tuned already, and put it into its adapter.

    Args:
        folder: Of the tuned model; its ``adapter`` gets the retriever, ``choice`` what it was made from.
        records: All records; those that ``sft`` holds out are left out.
        catalogue: What can be chosen.
        sft: Says what is held out, the seed and the threads.
        choice: How.

    Raises:
        StageError: Every weight was tuned, so that there is no adapter; or the records have nothing to do
            with the catalogue.
    """
    from callwright_training.sft.train import split_of

    if not (folder / ADAPTER).is_dir():
        raise StageError("a retriever needs an adapter to lie in; drop [choice], or `full` under [sft]")
    entries = (*catalogue.entries, *catalogue.variants)
    task = Task(records=records, entries=entries, sft=sft, choice=choice, out=folder / "choice")
    place = tune_retriever(task, split_of(sft, records))
    shutil.copytree(place, folder / ADAPTER / RETRIEVER, dirs_exist_ok=True)


def tune_retriever(task: Task, split: Split) -> Path:
    """Tune the encoder and fit the domain prior, or find them done; returns their folder."""
    place = task.out / RETRIEVER
    if not place.is_dir():
        scratch = task.out / f".{RETRIEVER}"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        _tune_retriever(task, split, scratch)
        scratch.rename(place)
    task.weights.save(place)
    return place


def open_retriever(task: Task, *, prior: bool, bias: CallBias | None = None) -> Retriever:
    """The server's retriever over what :func:`tune_retriever` wrote.

    Args:
        task: The task.
        prior: With the domain prior. Without, for questions that it was fitted on.
        bias: What feedback has taught about calls.
    """
    from callwright_training.choice.domain_prior import load_prior
    from callwright_training.choice.encoders import load_encoder, with_adapter
    from callwright_training.choice.retrieval import Encoders, retriever_over

    place = task.out / RETRIEVER
    base = load_encoder(task.choice.encoder)
    encoders = Encoders(base, with_adapter(base, place))
    found = load_prior(place) if prior else None
    return retriever_over(Corpus(task.entries), encoders, found, task.weights.retrieval, bias)


def _tune_retriever(task: Task, split: Split, folder: Path) -> None:
    from callwright_training.choice.domain_prior import fit_prior, save_prior
    from callwright_training.choice.encoders import encode_texts, load_encoder, native_half
    from callwright_training.progress import steps

    _use_threads(task.sft.threads)
    corpus = Corpus(task.entries)
    questions = _questions(split, corpus)
    base = load_encoder(task.choice.encoder)
    with steps("Tuning the retriever") as step:
        _tune_encoders(task, base, corpus, questions, folder, step)
        step("fitting the domain prior", 1.0)
        texts = [*(item.text for item in questions), *corpus.texts]
        domains = [*(item.document.domain for item in questions), *corpus.domains]
        vectors = encode_texts(base.model, base.tokenizer, texts, half=native_half())
    save_prior(fit_prior(vectors, domains), folder)


def _tune_encoders(
    task: Task,
    base: EncoderBase,
    corpus: Corpus,
    questions: Sequence[Question],
    folder: Path,
    step: Callable[[str, float], None],
) -> None:
    """Tune as many encoders as the settings say, each with its seed, and write their mean."""
    from callwright_training.choice.averaging import average_adapters
    from callwright_training.choice.retriever_training import save_encoder, tune_encoder

    further = further_questions(task.further)
    runs = [folder / f"run-{number}" for number in range(task.choice.retriever_runs)]
    for number, place in enumerate(runs):

        def report(what: str, done: float, number: int = number) -> None:
            step(what, (number + done) / len(runs))

        seed = task.sft.seed + number
        save_encoder(tune_encoder(base, corpus, questions, further, task.choice, seed, report), base, place)
    average_adapters(runs, folder)
    for place in runs:
        shutil.rmtree(place)


def _use_threads(count: int) -> None:
    import torch

    if count:
        torch.set_num_threads(count)


def _questions(split: Split, corpus: Corpus) -> list[Question]:
    questions = questions_of(split.train, corpus)
    if not questions:
        raise StageError(
            f"none of the {len(split.train)} records is about an API of the catalogue ({len(corpus.entries)} "
            "entries); give the catalogue that they were made from"
        )
    return questions


def _objective(task: Task, base: Base, split: Split) -> Objective:
    """The choice as the language model learns it, beside writing calls."""
    from callwright_training.choice.encoders import load_encoder
    from callwright_training.choice.objective import ChoiceObjective
    from callwright_training.choice.retrieval import contests_of, practice_of

    base.model.set_attn_implementation("eager")  # quicker than the fused one for texts this short
    questions = _questions(split, Corpus(task.entries))
    negatives = task.choice.negatives
    contests = contests_of(questions, open_retriever(task, prior=False), negatives)
    further = further_questions(task.further)
    drawn = random.Random(task.sft.seed).sample(further, min(task.choice.choice_practice, len(further)))
    practice = practice_of(drawn, load_encoder(task.choice.encoder), {"similarity": 20.0}, negatives)
    return ChoiceObjective(contests, practice, base.tokenizer, task.choice)


def _complete(adapter: Path, retriever: Path) -> Path:
    """Put the retriever into the language model's adapter and store that in 16 bits."""
    import torch
    from safetensors.torch import load_file, save_file

    weights = adapter / _WEIGHTS
    if weights.is_file():  # a run with every weight has a model in its place
        tensors: dict[str, Any] = load_file(weights)
        half = {name: tensor.to(torch.bfloat16) for name, tensor in tensors.items()}
        scratch = weights.with_suffix(".tmp")
        save_file(half, scratch, metadata={"format": "pt"})
        scratch.chmod(0o644)
        scratch.replace(weights)
    shutil.copytree(retriever, adapter / RETRIEVER, dirs_exist_ok=True)
    return adapter
