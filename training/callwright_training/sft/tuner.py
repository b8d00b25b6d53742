"""The training loop: trl's trainer, told to follow a fixed plan of steps with one or more objectives.

What differs from trl: the batches are the plan's, the loss is the objectives', and a checkpoint counts only
when it is whole, so that a process killed while it writes one goes on from the one before.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from datasets import Dataset
from safetensors.torch import load_file, save_file
from torch.utils.data import SequentialSampler
from transformers import PrinterCallback
from trl import SFTConfig, SFTTrainer

from callwright_training.sft.objective import Objective
from callwright_training.sft.plan import Part

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerBase, TrainerCallback

    from callwright_training.sft.settings import SFT

_WHOLE = "whole.json"
_OBJECTIVES = "objectives.safetensors"


class Tuner(SFTTrainer):  # type: ignore[misc]
    """Runs a plan.

    Args:
        model: A causal language model or a peft model around one.
        tokenizer: Its tokenizer.
        objectives: What is learned; parts of the plan's steps name them by position.
        plan: The optimizer steps.
        settings: The run's settings.
        checkpoints: Folder for checkpoints.
        callbacks: Told of every step.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        objectives: Sequence[Objective],
        plan: Sequence[Sequence[Part]],
        settings: SFT,
        checkpoints: Path,
        callbacks: Sequence[TrainerCallback],
    ) -> None:
        self.objectives = list(objectives)
        self.autocast = settings.bf16
        self.figures: dict[str, float] = {}
        self.tokens = 0
        super().__init__(
            model=model,
            args=_arguments(settings, len(plan), checkpoints),
            train_dataset=Dataset.from_dict({"step": list(range(len(plan)))}),
            data_collator=lambda rows: {"parts": list(plan[rows[0]["step"]])},
            processing_class=tokenizer,
            callbacks=list(callbacks),
        )
        self.remove_callback(PrinterCallback)

    def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: object = None) -> Tensor:
        """Add up the gradients of one step's parts, one part in memory at a time."""
        model.train()
        causal = self.accelerator.unwrap_model(model)
        causal = causal.get_base_model() if hasattr(causal, "get_base_model") else causal
        total = torch.zeros((), device=causal.device)
        self.figures, self.tokens = {}, 0
        for parameter in self._own_parameters().values():
            parameter.grad = None  # the trainer clears the model's gradients only
        for part in inputs["parts"]:
            total += self._backward(causal, part)
        return total

    def _backward(self, causal: PreTrainedModel, part: Part) -> Tensor:
        objective = self.objectives[part.objective]
        with torch.autocast(causal.device.type, torch.bfloat16, enabled=self.autocast):
            loss = objective.loss(causal, part.batch)
        value = objective.weight * loss.value
        self.accelerator.backward(value)
        self.tokens += loss.tokens
        self.figures[objective.name] = self.figures.get(objective.name, 0.0) + float(loss.value.detach())
        self.figures |= {f"{objective.name}_{name}": figure for name, figure in loss.figures.items()}
        return value.detach()

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """AdamW over the model's tunable weights and the objectives' own parameters."""
        own = [parameter for objective in self.objectives for parameter in objective.parameters().values()]
        weights = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        groups = [{"params": weights, "weight_decay": self.args.weight_decay}]
        groups += [{"params": own, "weight_decay": 0.0}] if own else []
        self.optimizer = torch.optim.AdamW(groups, lr=self.args.learning_rate, betas=(0.9, 0.98))
        return self.optimizer

    def floating_point_ops(self, inputs: object) -> int:
        """Not counted."""
        return 0

    def create_model_card(self, *arguments: object, **more: object) -> None:
        """Checkpoints get no model card."""

    def _get_train_sampler(self, *arguments: object) -> SequentialSampler:
        return SequentialSampler(self.train_dataset)

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        super()._save_checkpoint(model, trial)
        folder = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
        if own := self._own_parameters():
            save_file(
                {name: parameter.detach().contiguous() for name, parameter in own.items()},
                folder / _OBJECTIVES,
            )
        sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
        (folder / _WHOLE).write_text(json.dumps(sizes), encoding="utf-8")

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        super()._load_from_checkpoint(resume_from_checkpoint, model)
        file = Path(resume_from_checkpoint) / _OBJECTIVES
        if file.is_file():
            saved = load_file(file)
            for name, parameter in self._own_parameters().items():
                parameter.data.copy_(saved[name])

    def _own_parameters(self) -> dict[str, torch.nn.Parameter]:
        return {
            f"{objective.name}.{name}": parameter
            for objective in self.objectives
            for name, parameter in objective.parameters().items()
        }


def last_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end; those that were not are removed."""
    if not folder.is_dir():
        return None
    whole: list[tuple[int, Path]] = []
    for path in folder.glob("checkpoint-*"):
        if _is_whole(path):
            whole.append((int(path.name.rpartition("-")[2]), path))
        else:
            shutil.rmtree(path)
    return max(whole)[1] if whole else None


def step_of(checkpoint: Path | None) -> int:
    """The optimizer step that a checkpoint was made after; 0 for none."""
    return int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0


def _is_whole(checkpoint: Path) -> bool:
    try:
        sizes = json.loads((checkpoint / _WHOLE).read_text(encoding="utf-8"))
        return all((checkpoint / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError):
        return False


def _arguments(settings: SFT, steps: int, checkpoints: Path) -> SFTConfig:
    return SFTConfig(
        output_dir=str(checkpoints),
        max_steps=steps,
        per_device_train_batch_size=1,  # a row of the dataset is a whole step
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=min(settings.warmup_steps, steps // 2),
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.max_gradient_norm,
        save_strategy="steps",
        save_steps=settings.save_steps,
        save_total_limit=2,
        seed=settings.seed,
        bf16=False,  # autocast is ours, around the objectives only
        gradient_checkpointing=False,
        remove_unused_columns=False,
        dataset_kwargs={"skip_prepare_dataset": True},
        max_length=None,
        logging_strategy="no",
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
