"""The settings of tuning the retriever and the choice, each with the sentence that explains it."""

from __future__ import annotations

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)

from callwright_training.choice.encoders import MINILM


class Choice(BaseModel):
    """How retriever and language model learn which call an instruction wants."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    encoder: str = MINILM
    """The encoder that is tuned: all-minilm-l6-v2, tiny, or a folder with a BERT."""
    retriever_epochs: PositiveInt = 3
    """How often the encoder sees each record."""
    retriever_runs: PositiveInt = 1
    """So many encoders are tuned, with different seeds; their mean is kept."""
    retriever_batch_size: PositiveInt = 32
    """Questions of one of its steps; the other documents of the batch are what it tells apart."""
    retriever_learning_rate: PositiveFloat = 1e-3
    """Its highest learning rate."""
    retriever_rank: PositiveInt = 16
    """Rank of its adapter's matrices."""
    retriever_scale: PositiveFloat = 20.0
    """What cosines are multiplied with before the softmax over the catalogue."""
    retriever_domain_weight: NonNegativeFloat = 0.5
    """What getting the right domain counts beside getting the right document."""
    retriever_further: NonNegativeInt = 250
    """Further records that each epoch of the encoder takes up."""
    candidates: PositiveInt = Field(default=4, ge=2)
    """Documents among which the language model learns to choose, the right one included."""
    negatives: PositiveInt = 14
    """The wrong ones are drawn from so many at the top of the retriever's list."""
    choice_questions: PositiveInt = 2
    """Questions of one step of the language model."""
    choice_practice: NonNegativeInt = 800
    """Further records on which it practises first; drawn with the seed where there are more."""
    choice_scale: PositiveFloat = 10.0
    """What its mean log-likelihoods are multiplied with at first; this is learned too."""
    choice_likelihood_weight: NonNegativeFloat = 0.1
    """What the right document's own likelihood counts beside the choice."""
