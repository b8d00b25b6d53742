"""What may be said under ``[feedback]``."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, NonNegativeFloat, PositiveInt, model_validator

from callwright_plugins.validation import FROZEN

Share = Annotated[float, Field(ge=0, le=1)]


class JudgeSettings(BaseModel):
    """Who answers which questions."""

    model_config = FROZEN

    judge: str = "program"
    """The judge's name: `program`, `openai`, `local`, `ensemble`, or one that a plugin brings."""
    options: dict[str, Any] = {}
    """What the judge is told; `docs/plugins.md` lists each judge's options."""
    questions: str = "paper"
    """A question set's name, or a TOML file with one."""
    minimum_answered: Share = 0.5
    """Share of the questions' weight that must be answered; with less, a sample stays without a label."""


class FeedbackSettings(JudgeSettings):
    """How the tuned model is sampled, judged and labelled."""

    samples: PositiveInt = 4
    """Completions drawn for each record."""
    temperature: NonNegativeFloat = 1.0
    """Divides the logits; 0 draws the likeliest completion only."""
    max_tokens: PositiveInt = 64
    """The longest completion, in tokens."""
    form: Literal["call", "script", "usage", "choice"] = "call"
    """What the model is asked for: one API call, up to the end of its line; a whole script; the lines below
    the record's own call that use it, as the editor has them written; or a choice among the catalogue's
    calls, as the server makes it. A choice needs a tuned retriever (`[choice]` tunes one)."""
    threshold: float | None = None
    """Score from which a sample counts as accepted; none takes `quantile`."""
    quantile: Share = 0.5
    """Without `threshold`: the share of the samples that should not be accepted, as nearly as scores
    allow."""
    limit: PositiveInt | None = None
    """Sample only so many records, the first of a seeded shuffle."""
    prompts_at_once: PositiveInt = 8
    """Records whose samples are drawn in one batch. By rounding a sample may depend on it."""
    bf16: bool = False
    """Sample in bfloat16: faster, a little less exact."""
    workers: PositiveInt = 1
    """Processes that sample; the result does not depend on it."""
    ray: str | None = None
    """Address of a Ray cluster whose machines sample: `auto`, or `ray://host:10001`. Needs the extra
    `ray`."""

    @model_validator(mode="after")
    def _labels_can_differ(self) -> Self:
        if self.temperature == 0 and self.samples > 1:
            raise ValueError("temperature 0 draws the same completion every time; set samples = 1")
        return self
