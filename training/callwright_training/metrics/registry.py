"""Which metrics there are, and how each figure is to be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from callwright_training.errors import StageError
from callwright_training.metrics.calls import Calls
from callwright_training.metrics.case import Case, Measured
from callwright_training.metrics.code_bleu import CodeBleu
from callwright_training.metrics.gorilla import Gorilla
from callwright_training.metrics.known import Known
from callwright_training.metrics.parsing import Parses
from callwright_training.metrics.rouge import Rouge

METRICS_VERSION = 1
"""Raised when a metric changes what it says about the same answer: results of other versions are not
reused."""


@dataclass(frozen=True, slots=True)
class Key:
    """How one figure is read."""

    name: str
    """Its name in summaries and results."""
    summary: str
    """What it is, in a few words, for tables."""
    kind: Literal["binary", "mean", "corpus"]
    """Yes or no per answer (McNemar's test), a score per answer (bootstrap), or a figure of the whole corpus
    only."""
    higher_is_better: bool = True


class Metric(Protocol):
    """Says something about one answer at a time."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The figures it gives."""

    def score(self, case: Case) -> Measured:
        """Score one case."""


METRICS: dict[str, Callable[[Known], Metric]] = {
    "gorilla": lambda known: Gorilla(known.apis, raw=known.raw),
    "calls": lambda known: Calls(),
    "rouge": lambda known: Rouge(),
    "codebleu": lambda known: CodeBleu(),
    "parses": lambda known: Parses(),
}
"""By the name that ``--metrics`` takes; executability is not here, because it runs code."""

KEYS: dict[str, Key] = {
    key.name: key
    for key in (
        Key("gorilla_accuracy", "Gorilla's AST accuracy (same domain)", "binary"),
        Key("gorilla_hallucination", "Gorilla's hallucination (no match)", "binary", higher_is_better=False),
        Key("api_match", "right API: callable, arguments, ids", "binary"),
        Key("exact_call", "the very call", "binary"),
        Key("id_accuracy", "right ids", "binary"),
        Key("invented_ids", "names an id the catalogue lacks", "binary", higher_is_better=False),
        Key("names_call", "proposes a call", "binary"),
        Key("rouge_1", "ROUGE-1 of the script", "mean"),
        Key("rouge_2", "ROUGE-2 of the script", "mean"),
        Key("rouge_l", "ROUGE-L of the script", "mean"),
        Key("rouge_lsum", "ROUGE-Lsum of the script", "mean"),
        Key("rouge_mean", "mean of the four ROUGEs", "mean"),
        Key("codebleu", "CodeBLEU of the script", "mean"),
        Key("codebleu_ngram", "CodeBLEU: n-grams", "mean"),
        Key("codebleu_weighted", "CodeBLEU: weighted n-grams", "mean"),
        Key("codebleu_syntax", "CodeBLEU: syntax", "mean"),
        Key("codebleu_dataflow", "CodeBLEU: data flow", "mean"),
        Key("codebleu_corpus", "CodeBLEU over the corpus", "corpus"),
        Key("parses", "has a script that parses", "binary"),
        Key("has_code", "has a script", "binary"),
        Key("executability_strict", "runs, without any leniency", "binary"),
        Key("executability_lenient", "runs, with fixtures for missing inputs", "binary"),
        Key("executability_references", "the references run, with fixtures", "binary"),
        Key("executability_relative", "lenient rate over the references' own", "corpus"),
        Key("executability_and_api", "runs (lenient) and is the right API", "binary"),
        Key("static_ok", "the static tier finds nothing wrong", "binary"),
        Key("site_answered", "call sites: something is suggested", "binary"),
        Key("site_callable", "call sites: what the author called", "binary"),
        Key("site_exact", "call sites: the author's very call", "binary"),
        Key("site_invented", "call sites: a name that does not exist", "binary", higher_is_better=False),
    )
}
"""Every figure by name, in the order of tables."""


def build(names: Iterable[str] | None, known: Known) -> list[Metric]:
    """Make metrics by name, all of them where no name is given.

    Raises:
        StageError: There is no metric of such a name.
    """
    chosen = list(names or METRICS)
    for name in chosen:
        if name not in METRICS:
            raise StageError(f"no metric is called {name!r}; choose among {', '.join(METRICS)}")
    return [METRICS[name](known) for name in chosen]
