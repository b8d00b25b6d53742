"""``algorithm = "grpo"``: the same prompts and the same reward, by TRL's GRPOTrainer.

The alternative that many would pick today: no value model, several completions of each prompt compared with
each other. M_SFT is merged and gets a new adapter, so that TRL's reference (adapter off) is M_SFT; the result
is saved as a whole model.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from callwright_training.logs import StageLog
from callwright_training.ppo.rollout import Score
from callwright_training.ppo.settings import PPOSettings

NAMES = {
    "reward": "reward",
    "reward_std": "reward/spread",
    "kl": "kl",
    "entropy": "entropy",
    "completions/mean_length": "length",
    "completions/clipped_ratio": "clipped",
    "loss": "loss/policy",
}
"""TRL's figure to ours."""


def train_grpo(
    model: Any,
    tokenizer: Any,
    score: Score,
    prompts: Sequence[str],
    settings: PPOSettings,
    seed: int,
    out: Path,
) -> Any:
    """Tune a model; resumes from TRL's own checkpoints.

    Args:
        model: M_SFT, merged.
        tokenizer: Its tokenizer.
        score: Prompts and completions, as token ids, to rewards.
        prompts: What is continued.
        settings: ``steps``, ``batch_size``, ``kl_coefficient`` and the like mean what they mean for PPO.
        seed: Of order and samples.
        out: Keeps checkpoints and the log.

    Returns:
        The tuned model, adapters merged.
    """
    from datasets import Dataset
    from peft import LoraConfig
    from transformers.trainer_utils import get_last_checkpoint
    from trl import GRPOConfig, GRPOTrainer

    def reward(prompts: list[str], completion_ids: list[list[int]], **_: Any) -> list[float]:
        import torch

        with torch.no_grad():
            return score([tokenizer(text).input_ids for text in prompts], completion_ids).tolist()  # type: ignore[no-any-return]

    tokenizer.padding_side = "left"
    arguments = GRPOConfig(
        output_dir=str(out / "checkpoint"),
        max_steps=settings.steps,
        per_device_train_batch_size=settings.batch_size,
        num_generations=_group(settings),
        num_iterations=settings.epochs,
        max_completion_length=settings.max_tokens,
        temperature=settings.temperature,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="linear" if settings.schedule == "linear" else "constant",
        max_grad_norm=settings.max_gradient_norm or 0.0,
        beta=settings.kl_coefficient,
        epsilon=settings.clip,
        bf16=settings.bf16,
        gradient_checkpointing=False,
        save_steps=settings.save_steps,
        save_total_limit=1,
        logging_steps=1,
        report_to=[],
        disable_tqdm=True,
        seed=seed,
    )
    adapter = LoraConfig(
        r=settings.lora_rank,
        lora_alpha=2 * settings.lora_rank,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    trainer = GRPOTrainer(
        model=model,
        reward_funcs=reward,
        args=arguments,
        train_dataset=Dataset.from_list([{"prompt": text} for text in prompts]),
        processing_class=tokenizer,
        peft_config=adapter if settings.lora_rank else None,
    )
    last = get_last_checkpoint(arguments.output_dir) if Path(arguments.output_dir).is_dir() else None
    trainer.train(resume_from_checkpoint=last)
    _keep_log(trainer.state.log_history, out)
    tuned = trainer.model
    return tuned.merge_and_unload() if hasattr(tuned, "merge_and_unload") else tuned


def _group(settings: PPOSettings) -> int:
    """Completions of each prompt that are compared: as told, else the largest of 8, 4 and 2 that divides."""
    if settings.samples > 1:
        return settings.samples
    batch = settings.batch_size
    return next((size for size in (8, 4, 2) if batch % size == 0), batch)


def _keep_log(history: Sequence[dict[str, Any]], out: Path) -> None:
    log = StageLog(out, 0)
    for row in history:
        if "reward" in row:
            figures = {ours: float(row[theirs]) for theirs, ours in NAMES.items() if theirs in row}
            log.write(int(row["step"]) - 1, figures | {"ended": 1 - figures.pop("clipped", 0.0)})
    log.close()
