"""The stage ``reward``: train M_reward on the labels by cross-entropy, measure it, refuse a useless one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from callwright_training.bases import Base, load_base
from callwright_training.checkpoints import load_checkpoint, save_checkpoint, trained
from callwright_training.errors import StageError
from callwright_training.export.merge import merge
from callwright_training.feedback.samples import whole_lines
from callwright_training.logs import StageLog
from callwright_training.reward.quality import Quality, quality
from callwright_training.reward.scorer import Scorer, padded, with_end
from callwright_training.reward.settings import RewardSettings
from callwright_training.sampling import device

Step = Callable[[str, float], None]
START = "start"
"""Folder beside M_reward with the adapter that it started from, where that is not M_SFT's."""


@dataclass(frozen=True, kw_only=True)
class RewardRequest:
    """What the stage needs."""

    base: str
    adapter: Path | None
    """M_SFT's adapter: M_reward starts from M_SFT and reads the same token ids."""
    labels: Path
    """``labels.jsonl`` of the stage ``feedback``."""
    settings: RewardSettings
    seed: int
    out: Path


@dataclass(frozen=True, slots=True)
class Labelled:
    """One token sequence, ended, and whether its sample was accepted."""

    record: str
    ids: tuple[int, ...]
    accepted: bool


def train_reward(request: RewardRequest, step: Step) -> dict[str, Any]:
    """Run the stage; returns the figures that it writes.

    Raises:
        StageError: Labels are missing or all the same, or M_reward is no better than chance.
    """
    settings, out = request.settings, request.out
    out.mkdir(parents=True, exist_ok=True)
    base = load_base(request.base)
    rows = read_labels(request.labels, int(base.tokenizer.eos_token_id))
    train, held_out = split(rows, settings.held_out, request.seed)
    scorer = make_scorer(base, request.adapter, settings, request.seed).to(device())
    optimizer = torch.optim.AdamW(
        [parameter for parameter in scorer.parameters() if parameter.requires_grad],
        lr=settings.learning_rate,
        weight_decay=0.0,
    )
    pad = int(base.tokenizer.pad_token_id)
    state = load_checkpoint(out / "checkpoint", {"scorer": scorer}, optimizer) or {"step": 0}
    plan = batches(train, settings, request.seed)
    log = StageLog(out, state["step"])
    for number in range(state["step"], len(plan)):
        share = number / len(plan)
        step(f"step {number + 1} of {len(plan)}", 0.9 * share)
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * (1 - share)
        log.write(number, _learn(scorer, optimizer, plan[number], settings, pad))
        if (number + 1) % settings.save_steps == 0:
            save_checkpoint(out / "checkpoint", {"scorer": scorer}, optimizer, {"step": number + 1})
    log.close()
    step("measuring", 0.9)
    found = quality(score_all(scorer, held_out, settings, pad), [row.accepted for row in held_out])
    figures = {"train": len(train), **asdict(found)}
    _publish(request, scorer, figures)
    _require_better_than_chance(found, settings)
    return figures


def read_labels(path: Path, end: int) -> list[Labelled]:
    """The labelled token sequences.

    Raises:
        StageError: The file is missing or empty, or all labels are the same.
    """
    rows = [
        Labelled(
            line["sample"]["record"],
            tuple(with_end(line["sample"]["prompt_ids"] + line["sample"]["completion_ids"], end)),
            line["accepted"],
        )
        for line in whole_lines(path)
    ]
    if not rows:
        raise StageError(f"{path}: there are no labels; run the stage feedback first")
    if len({row.accepted for row in rows}) == 1:
        which = "accepted" if rows[0].accepted else "rejected"
        raise StageError(
            f"{path}: all {len(rows)} labels are '{which}'; a reward needs both: change `threshold` or"
            " `quantile` under [feedback], or draw more samples"
        )
    return rows


def split(rows: Sequence[Labelled], share: float, seed: int) -> tuple[list[Labelled], list[Labelled]]:
    """Rows to learn from and rows to measure on; all samples of one record on the same side.

    Raises:
        StageError: One side lacks one of the two labels.
    """
    records = sorted({row.record for row in rows})
    order = torch.randperm(len(records), generator=torch.Generator().manual_seed(seed)).tolist()
    held = {records[index] for index in order[: max(1, round(share * len(records)))]}
    train = [row for row in rows if row.record not in held]
    held_out = [row for row in rows if row.record in held]
    for name, part in (("learn from", train), ("measure on", held_out)):
        if len({row.accepted for row in part}) < 2:
            raise StageError(
                f"reward: the {len(part)} samples to {name} do not have both labels; label more records, or"
                " change `held_out` under [reward]"
            )
    return train, held_out


def make_scorer(base: Base, adapter: Path | None, settings: RewardSettings, seed: int) -> Scorer:
    """M_reward before its first step: M_SFT's backbone and a random head."""
    torch.manual_seed(seed)
    scorer = Scorer(merge(base, adapter), settings.lora_rank, settings.lora_first_layer)
    scorer.train()
    return scorer


def batches(rows: Sequence[Labelled], settings: RewardSettings, seed: int) -> list[list[Labelled]]:
    """Every optimizer step's samples, all epochs."""
    plan = []
    for epoch in range(settings.epochs):
        generator = torch.Generator().manual_seed(seed * 1000 + epoch)
        order = torch.randperm(len(rows), generator=generator).tolist()
        plan += [
            [rows[index] for index in order[start : start + settings.batch_size]]
            for start in range(0, len(order), settings.batch_size)
        ]
    return plan


def score_all(scorer: Scorer, rows: Sequence[Labelled], settings: RewardSettings, pad: int) -> list[float]:
    """M_reward's logit of each sequence."""
    logits: list[float] = []
    scorer.eval()
    with torch.no_grad(), precision(settings.bf16):
        for start in range(0, len(rows), settings.batch_size):
            ids, mask = _on_device(rows[start : start + settings.batch_size], pad)
            logits += scorer.at_end(ids, mask).float().tolist()
    return logits


def load_reward(folder: Path, base: Base, adapter: Path | None) -> Scorer:
    """M_reward as the stage left it, not trained further. ``base`` is used up.

    One that was taken over from another run brings the adapter that it started from.

    Raises:
        StageError: The folder holds none.
    """
    from safetensors.torch import load_file

    about = folder / "reward.json"
    if not about.is_file():
        raise StageError(f"{folder}: there is no reward model; run the stage reward first")
    settings = RewardSettings.model_validate(json.loads(about.read_text())["settings"])
    own = folder / START
    scorer = make_scorer(base, own if own.is_dir() else adapter, settings, 0)
    saved = load_file(folder / "reward.safetensors")
    with torch.no_grad():
        for name, parameter in scorer.named_parameters():
            if parameter.requires_grad:
                parameter.copy_(saved[f"scorer.{name}"])
    scorer.eval()
    scorer.requires_grad_(False)
    return scorer


def precision(bf16: bool) -> torch.autocast:
    """Computes in bfloat16 inside the block, where asked for."""
    return torch.autocast(device().type, torch.bfloat16, enabled=bf16)


def _learn(
    scorer: Scorer,
    optimizer: torch.optim.Optimizer,
    rows: Sequence[Labelled],
    settings: RewardSettings,
    pad: int,
) -> dict[str, float]:
    ids, mask = _on_device(rows, pad)
    wanted = torch.tensor([float(row.accepted) for row in rows], device=ids.device)
    with precision(settings.bf16):
        logits = scorer.at_end(ids, mask)
    loss: Tensor = torch.nn.functional.binary_cross_entropy_with_logits(logits.float(), wanted)
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(scorer.parameters(), settings.max_gradient_norm)
    optimizer.step()
    optimizer.zero_grad()
    right = ((logits > 0) == (wanted > 0.5)).float().mean()
    return {"loss": loss.item(), "accuracy": right.item(), "gradient_norm": norm.item()}


def _on_device(rows: Sequence[Labelled], pad: int) -> tuple[Tensor, Tensor]:
    ids, mask = padded([row.ids for row in rows], pad)
    return ids.to(device()), mask.to(device())


def _publish(request: RewardRequest, scorer: Scorer, figures: dict[str, Any]) -> None:
    from safetensors.torch import save_file

    partial = request.out / "reward.safetensors.partial"
    save_file(trained({"scorer": scorer}), partial)
    partial.rename(request.out / "reward.safetensors")
    about = {"settings": request.settings.model_dump(), "base": request.base}
    (request.out / "reward.json").write_text(json.dumps(about, indent=2) + "\n")
    (request.out / "quality.json").write_text(json.dumps(figures, indent=2) + "\n")
    shutil.rmtree(request.out / "checkpoint", ignore_errors=True)


def _require_better_than_chance(found: Quality, settings: RewardSettings) -> None:
    if found.better_than_chance or settings.accept_chance:
        return
    raise StageError(
        f"reward: no better than chance on {found.samples} held-out samples: AUC {found.auc:.3f}"
        f" [{found.auc_low:.3f}, {found.auc_high:.3f}]; label more samples, or set `accept_chance = true`"
    )
