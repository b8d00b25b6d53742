"""The server's retriever over torch encoders: what is measured and learned from is what will be served."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from callwright_server.choice.bias import CallBias
from callwright_server.choice.domains import DomainPrior
from callwright_server.choice.encoder import Vectors
from callwright_server.choice.retriever import Index, Retriever
from callwright_training.choice.corpus import Corpus, Question
from callwright_training.choice.encoders import EncoderBase, encode_texts, native_half
from callwright_training.choice.objective import Contest

Rows = NDArray[np.float32]


class Encoders:
    """Encodes texts by one or more models, and remembers each text.

    Args:
        base: The untouched encoder.
        tuned: The tuned one; ``None`` without.
    """

    def __init__(self, base: EncoderBase, tuned: Any | None = None) -> None:
        self._tokenizer = base.tokenizer
        self._models: dict[str, Any] = {"similarity": base.model}
        if tuned is not None:
            self._models["tuned_similarity"] = tuned
        self._known: dict[str, Vectors] = {}

    def __call__(self, text: str) -> Vectors:
        """One text's vectors."""
        if text not in self._known:
            self.read([text])
        return self._known[text]

    def read(self, texts: Sequence[str]) -> dict[str, Rows]:
        """Many texts' vectors, ``[texts, width]`` by feature; new ones are encoded together."""
        fresh = [text for text in dict.fromkeys(texts) if text not in self._known]
        half = native_half()
        rows = {
            name: encode_texts(model, self._tokenizer, fresh, half=half)
            for name, model in self._models.items()
        }
        for index, text in enumerate(fresh):
            self._known[text] = {name: found[index] for name, found in rows.items()}
        return {name: np.stack([self._known[text][name] for text in texts]) for name in self._models}


def retriever_over(
    corpus: Corpus,
    encoders: Encoders,
    prior: DomainPrior | None,
    weights: Mapping[Any, float],
    bias: CallBias | None = None,
) -> Retriever:
    """The server's retriever for a corpus."""
    index = Index(corpus.documents, encoders.read(corpus.texts), prior)
    return Retriever(index, encoders, weights, bias)


def contests_of(questions: Sequence[Question], retriever: Retriever, negatives: int) -> list[Contest]:
    """Each question with the wrong documents at the top of its list.

    The retriever should have no domain prior: it would have seen these very questions.
    """
    documents = retriever.index.documents
    contests = []
    for item in questions:
        scores = retriever.scores(retriever.features(item.text))
        wrong: dict[str, int] = {}
        for index in np.argsort(-scores, kind="stable"):
            document = documents[index]
            if document.call != item.document.call and document.description != item.document.description:
                wrong.setdefault(document.call, int(index))
            if len(wrong) == negatives:
                break
        contests.append(Contest(item.text, item.document, tuple(documents[i] for i in wrong.values())))
    return contests


def practice_of(
    further: Sequence[Question], base: EncoderBase, weights: Mapping[Any, float], negatives: int
) -> list[Contest]:
    """Contests about further records, among their own documents, found by the untouched encoder."""
    documents = tuple(dict.fromkeys(item.document for item in further))
    if not documents:
        return []
    encoders = Encoders(base)
    vectors = encoders.read([document.text for document in documents])
    encoders.read([item.text for item in further])
    return contests_of(further, Retriever(Index(documents, vectors), encoders, weights), negatives)
