"""What may be said under ``[reward]``."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, NonNegativeInt, PositiveFloat, PositiveInt

from callwright_plugins.validation import FROZEN

Share = Annotated[float, Field(ge=0, le=1)]


class RewardSettings(BaseModel):
    """How M_reward learns the judge's labels."""

    model_config = FROZEN

    epochs: PositiveInt = 2
    """How often each labelled sample is seen."""
    batch_size: PositiveInt = 16
    """Samples of one optimizer step."""
    learning_rate: PositiveFloat = 1e-4
    """Highest learning rate; it falls linearly to zero."""
    max_gradient_norm: PositiveFloat = 1.0
    """Longer gradients are cut to this length."""
    held_out: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Share of the records whose samples measure it and are never learned from."""
    lora_rank: NonNegativeInt = 16
    """Rank of the adapter's matrices; 0 tunes every weight."""
    lora_first_layer: NonNegativeInt = 0
    """Layers before this one get no adapter, which shortens the backward pass."""
    bf16: bool = False
    """Compute in bfloat16: faster, a little less exact."""
    save_steps: PositiveInt = 50
    """A checkpoint is kept every so many optimizer steps."""
    accept_chance: bool = False
    """Go on even where it is no better than chance on the held-out samples."""
