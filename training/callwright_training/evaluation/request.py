"""What ``rlaif-train evaluate`` was asked to do, checked before anything is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveInt

from callwright_training.errors import StageError
from callwright_training.metrics import METRICS

EXECUTION = "execution"
"""The metric that runs code; it is not among ``METRICS``, which never do."""
STATIC = "static"
"""The metric that foretells what running would show; it needs the prepared environment too."""


class Request(BaseModel):
    """One evaluation: of what, on what, by which metrics, kept where."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, frozen=True)

    bundle: str | None = None
    """Name or folder of a bundle."""
    model: str | None = None
    """Name, folder or hub id of a transformers model."""
    endpoint: str | None = None
    """URL of an OpenAI-compatible endpoint."""
    responses: Path | None = None
    """A file of responses."""
    baseline: Literal["bm25", "dense"] | None = None
    """A retrieval baseline over the catalogue."""
    records: Path | None = None
    """The questions and their references."""
    call_sites: Path | None = None
    """Code whose call sites are to be completed, instead of records."""
    catalogue: Path | None = None
    """The APIs that exist; a bundle brings its own."""
    endpoint_model: str | None = None
    """The model's name at the endpoint."""
    endpoint_key: str = "OPENAI_API_KEY"
    """Environment variable that holds the endpoint's key."""
    metrics: str | None = None
    """Names of metrics, comma-separated; all but ``static`` and ``execution`` where empty."""
    environment: str = "2024"
    """The prepared library versions that scripts run with."""
    sandbox: Literal["namespaces", "rlimits"] = "namespaces"
    """How scripts are contained; ``rlimits`` is weaker, for machines that forbid the other."""
    ray: str | None = None
    """Address of a Ray cluster whose machines run the scripts."""
    json_file: Path | None = None
    """Where the summary goes; ``-`` is stdout."""
    out: Path | None = None
    """Folder for answers, results and summary."""
    verdicts: Path | None = None
    """Folder where verdicts of scripts are kept, to be shared with other evaluations; ``out`` where empty."""
    name: str | None = None
    """The system's name in tables."""
    form: Literal["call", "script", "gorilla"] = "call"
    """What is asked for: one call; a script, which a bundle writes below its call; or Gorilla's sections."""
    max_tokens: PositiveInt | None = None
    """Longest answer in tokens; what fits the form where empty."""
    samples: PositiveInt = 1
    """Answers per question."""
    seed: int = 0
    """Seed of sampling."""
    held_out: float | None = None
    """Share of the records that training with this share left out."""
    fold: str | None = None
    """``I/K``: the I-th of K folds, from 1."""
    split_seed: NonNegativeInt = 0
    """Seed of the split."""
    limit: PositiveInt | None = None
    """At most so many questions."""
    jobs: PositiveInt = 2
    """Processes that score."""

    @property
    def source(self) -> tuple[str, str]:
        """What is evaluated: the option's name and its value.

        Raises:
            StageError: Not exactly one of the options was given.
        """
        options = ("bundle", "model", "endpoint", "responses", "baseline")
        given = [(name, str(value)) for name in options if (value := getattr(self, name)) is not None]
        if len(given) != 1:
            raise StageError("give exactly one of --bundle, --model, --endpoint, --responses and --baseline")
        return given[0]

    @property
    def records_file(self) -> Path:
        """The file of records.

        Raises:
            StageError: None was given.
        """
        if self.records is None:
            raise StageError("which questions? Give --records FILE, or --call-sites DIR with a bundle")
        return self.records

    @property
    def metric_names(self) -> tuple[str, ...]:
        """The metrics asked for.

        Raises:
            StageError: There is no metric of such a name.
        """
        names = tuple(name.strip() for name in (self.metrics or ",".join(METRICS)).split(",") if name.strip())
        for name in names:
            if name not in (*METRICS, STATIC, EXECUTION):
                raise StageError(
                    f"no metric is called {name!r}; choose among {', '.join((*METRICS, STATIC, EXECUTION))}"
                )
        return names

    @property
    def fold_of(self) -> tuple[int, int] | None:
        """Index from 0 and number of folds.

        Raises:
            StageError: ``fold`` is not of the form ``2/5``.
        """
        if self.fold is None:
            return None
        index, _, count = self.fold.partition("/")
        if not (index.isdigit() and count.isdigit() and 1 <= int(index) <= int(count)):
            raise StageError(f"--fold {self.fold!r}: write the fold and their number, such as 1/5")
        return int(index) - 1, int(count)
