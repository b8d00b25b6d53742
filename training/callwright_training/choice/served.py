"""The choice as it will be served, in torch: a tuned retriever beside M_SFT, in the server's own code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from callwright_grounding.catalogue import Catalogue
from callwright_server.bundle import RETRIEVER
from callwright_server.choice.bias import CallBias
from callwright_server.choice.chooser import CallChooser, ScoredEntry
from callwright_server.choice.domains import DomainPrior
from callwright_server.choice.fusion import SETTINGS, ChoiceSettings
from callwright_training.choice.corpus import Corpus, question
from callwright_training.choice.domain_prior import load_prior
from callwright_training.choice.encoders import load_encoder, with_adapter
from callwright_training.choice.retrieval import Encoders, retriever_over
from callwright_training.errors import StageError
from callwright_training.records import Record


def retriever_of(adapter: Path | None) -> Path:
    """The folder of the tuned retriever beside M_SFT.

    Raises:
        StageError: There is none.
    """
    folder = None if adapter is None else adapter / RETRIEVER
    if folder is None or not (folder / SETTINGS).is_file():
        raise StageError(
            f"{adapter or 'the base'}: no tuned retriever is here to choose with; add [choice] to the run "
            "file, or take over an adapter that `rlaif-train choice` made"
        )
    return folder


def encoder_name(retriever: Path) -> str:
    """Name of the untouched encoder that a retriever's adapter was trained on."""
    settings = json.loads((retriever / "adapter_config.json").read_text(encoding="utf-8"))
    name: str = settings["base_model_name_or_path"]
    return name


def open_chooser(
    adapter: Path | None, catalogue: Catalogue, candidates: int | None = None, *, biased: bool = True
) -> CallChooser:
    """The server's chooser over torch encoders; the language model is not asked.

    Args:
        adapter: M_SFT's folder, with the retriever in it.
        catalogue: What can be chosen.
        candidates: Entries of a shortlist; as many as are served if not given.
        biased: With what feedback has taught about calls. Without, for learning it.

    Raises:
        StageError: There is no tuned retriever, or nothing to choose among.
    """
    if len(catalogue) < 2:
        raise StageError("a choice needs a catalogue with two calls or more")
    folder = retriever_of(adapter)
    base, settings = load_encoder(encoder_name(folder)), ChoiceSettings.load(folder)
    if candidates is not None:
        settings = settings.model_copy(update={"candidates": candidates})
    corpus = Corpus((*catalogue.entries, *catalogue.variants))
    encoders = Encoders(base, with_adapter(base, folder))
    bias = CallBias.load(folder) if biased else None
    return chooser_over(corpus, encoders, load_prior(folder), settings, bias)


def chooser_over(
    corpus: Corpus,
    encoders: Encoders,
    prior: DomainPrior | None,
    settings: ChoiceSettings,
    bias: CallBias | None = None,
) -> CallChooser:
    """The server's chooser for a corpus; the language model is not asked."""
    retriever = retriever_over(corpus, encoders, prior, settings.retrieval, bias)
    return CallChooser(retriever, corpus.by_call, None, settings)


def shortlisted(chooser: CallChooser, records: Sequence[Record]) -> list[list[ScoredEntry]]:
    """Each record's shortlist, in the order in which it is served."""
    count = chooser.settings.candidates
    return [chooser.choose(question(record), limit=count, stop=lambda: False) for record in records]
