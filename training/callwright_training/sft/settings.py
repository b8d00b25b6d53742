"""The settings of supervised fine-tuning, each with the sentence that explains it."""

from __future__ import annotations

from typing import Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)


class SFT(BaseModel):
    """How a base model is tuned on records."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    base: str = "smollm2-135m"
    """The model that is tuned: smollm2-135m, tiny, tiny-gpt2, a folder or a hub id such as gpt2-large."""
    form: Literal["buffer", "gorilla"] = "buffer"
    """Text of the examples: a Python buffer, as the server sees it, or Gorilla's ###Instruction/###Output."""
    target: Literal["call", "script", "usage", "both", "all"] = "call"
    """What it learns to write: the API call, the script, the lines below the call; `both`: the first two."""
    imports_share: float = Field(default=0.5, ge=0, le=1)
    """Share of the buffers that already have the call's imports above the task."""
    epochs: PositiveInt = 3
    """How often each record is seen."""
    batch_size: PositiveInt = 8
    """Examples of one optimizer step."""
    learning_rate: PositiveFloat = 5e-4
    """Highest learning rate; it rises to it over the warm-up and falls along a cosine to zero."""
    warmup_steps: NonNegativeInt = 20
    """Optimizer steps over which the learning rate rises."""
    weight_decay: NonNegativeFloat = 0.0
    """AdamW's weight decay."""
    max_gradient_norm: PositiveFloat = 1.0
    """Longer gradients are cut to this length."""
    max_length: PositiveInt = 512
    """Tokens of an example at most; a longer one loses the beginning of its prompt first."""
    full: bool = False
    """Tune every weight instead of a LoRA adapter."""
    lora_rank: PositiveInt = 16
    """Rank of the adapter's matrices; its size grows with it."""
    lora_alpha: PositiveInt = 32
    """Scale of the adapter: its output counts alpha / rank."""
    lora_dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of the adapter's inputs that is dropped in training."""
    lora_first_layer: NonNegativeInt = 0
    """Layers before this one get no adapter, which shortens the backward pass."""
    bf16: bool = True
    """Compute in bfloat16 where that is safe; about three times as fast, on processors too."""
    threads: NonNegativeInt = 0
    """Processor threads; 0 takes torch's choice. Only the same number gives equal bits."""
    save_steps: PositiveInt = 50
    """A checkpoint is kept every so many optimizer steps, and on Ctrl-C."""
    held_out: float = Field(default=0.1, ge=0, lt=1)
    """Share of the records that is never trained on, only measured."""
    folds: NonNegativeInt = 0
    """With 2 or more, hold out one of so many folds instead of a share."""
    fold: NonNegativeInt = 0
    """Which fold is held out, from 0."""
    seed: NonNegativeInt = 0
    """Decides order, adapter initialisation and dropout."""
    split_seed: NonNegativeInt = 0
    """Decides which records are held out; other stages must use the same."""

    @property
    def taught(self) -> frozenset[str]:
        """What `target` stands for: any of call, script and usage."""
        several = {"both": ("call", "script"), "all": ("call", "script", "usage")}
        return frozenset(several.get(self.target, (self.target,)))
