"""The stage ``ppo``: brings the models together, runs the loop, keeps the policy as SFT kept its own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from callwright_grounding.catalogue import Catalogue
from callwright_plugins.judge import Judge
from callwright_plugins.questions import QuestionSet
from callwright_training.bases import Base, load_base
from callwright_training.errors import StageError
from callwright_training.export.merge import merge
from callwright_training.feedback.samples import Form, prompt_of
from callwright_training.files import write_whole
from callwright_training.logs import read_log
from callwright_training.memory import return_large_blocks
from callwright_training.ppo import processes
from callwright_training.ppo.choice_stage import run_choice
from callwright_training.ppo.choosing import Choosing, Likelihoods
from callwright_training.ppo.loop import Roles, train
from callwright_training.ppo.models import Actor, causal_model, trainable_policy, without_dropout
from callwright_training.ppo.prompts import asked_records
from callwright_training.ppo.rollout import Sampler, Score, score_by
from callwright_training.ppo.served_copy import ServedCopy
from callwright_training.ppo.settings import PPOSettings
from callwright_training.records import Record
from callwright_training.records.split import shuffled
from callwright_training.reward.scorer import Scorer
from callwright_training.reward.stage import load_reward
from callwright_training.run.hashing import hash_paths
from callwright_training.sampling import device, stop_tokens
from callwright_training.sft.adapter import save

Step = Callable[[str, float], None]


@dataclass(frozen=True, kw_only=True)
class PPORequest:
    """What the stage needs."""

    base: str
    adapter: Path | None
    """M_SFT's adapter."""
    reward: Path
    """The folder of the stage ``reward``; read only where its model is the reward."""
    labels: Path | None = None
    """``labels.jsonl`` of the stage ``feedback``; read only where they choose the prompts."""
    records: Sequence[Record]
    """Whose instructions are the prompts."""
    form: Form
    settings: PPOSettings
    seed: int
    out: Path
    catalogue: Catalogue = field(default_factory=lambda: Catalogue(()))
    """The calls that exist, for a direct reward and for choices."""
    judge: Callable[[], tuple[Judge, QuestionSet]] | None = None
    """Opens the judge of choices, with what it is asked."""


def run_ppo(request: PPORequest, step: Step) -> dict[str, Any]:
    """Run the stage; returns the summary that it writes.

    Raises:
        StageError: There is no record, or no reward model.
        SandboxError: The reward is a direct one, and what it needs is not prepared or not to be had.
    """
    request = replace(request, records=asked_records(request, step))
    settings, out = request.settings, request.out
    _require_whole_parts(settings)
    out.mkdir(parents=True, exist_ok=True)
    return_large_blocks()
    stopped = run_choice(request, step) if request.form == "choice" else _run_text(request, step)
    if processes.join()[0] == 0:
        _summarise(request, stopped)
    processes.wait()
    summary: dict[str, Any] = json.loads((out / "summary.json").read_text())
    return summary


def _run_text(request: PPORequest, step: Step) -> str | None:
    """Train the language model and write it; returns why it stopped early, if it did."""
    settings, out = request.settings, request.out
    base = load_base(request.base)
    texts = [prompt_of(record, request.form) for record in request.records]
    with _opened_score(request, base) as score:
        if settings.algorithm == "grpo":
            policy, stopped = _grpo(request, base, texts, score, step), None
        else:
            policy = trainable_policy(base, request.adapter, settings, request.seed)
            prompts = [base.tokenizer(text).input_ids for text in texts]
            roles = _roles(request, base, policy, score)
            stopped = train(roles, prompts, settings, request.seed, out, step)
    if processes.join()[0] == 0:
        _write(request, base, policy)
    return stopped


def _require_whole_parts(settings: PPOSettings) -> None:
    """A batch must fall into equal minibatches and whole groups in every process."""
    size = processes.join()[1]
    for name, count, divisor in (
        ("batch_size", settings.batch_size, "minibatches"),
        ("choices", settings.choices, "minibatches"),
        ("batch_size", settings.batch_size, "samples"),
    ):
        parts = getattr(settings, divisor) * size
        if count % parts:
            raise StageError(f"ppo: {name} = {count} cannot be divided by {divisor} x processes = {parts}")


def finished(out: Path) -> dict[str, Any] | None:
    """The summary of a run that ended and whose model is still what it made; ``None`` otherwise."""
    file = out / "summary.json"
    summary: dict[str, Any] = json.loads(file.read_text()) if file.is_file() else {}
    return summary if summary.get("model") == hash_paths([out / "model"]) else None


def _roles(request: PPORequest, base: Base, policy: Any, score: Score) -> Roles:
    place = device()
    value: Scorer | None = None
    if request.settings.value == "model":
        value = without_dropout(_reward(request)).requires_grad_(True).to(place)
    reference = without_dropout(merge(load_base(request.base), request.adapter)).requires_grad_(False)
    tokenizer = base.tokenizer
    sampler = Sampler(
        stops=stop_tokens(tokenizer, at_line_end=request.form == "call"),
        pad=int(tokenizer.pad_token_id),
        max_tokens=request.settings.max_tokens,
        temperature=request.settings.temperature,
        seed=request.seed,
        served=ServedCopy(reference.to(place)) if request.settings.bf16 else None,
    )
    return Roles(
        actor=Actor(causal_model(policy), value).to(place),
        reference=reference.to(place),
        score=score,
        sampler=sampler,
        choosing=_choosing(request, base, score) if request.settings.choices else None,
    )


def _choosing(request: PPORequest, base: Base, score: Score) -> Choosing:
    """The shortlists of as many records as the updates can ask about, with their rewards."""
    from callwright_training.ppo import shortlists

    settings = request.settings
    records = shuffled(request.records, request.seed)[: settings.steps * settings.choices]
    served, lists = shortlists.retrieved(
        records, request.catalogue, request.adapter, settings.choice_encoder, settings.choice_candidates
    )
    if settings.choice_reward == "model":
        prompts = [base.tokenizer(prompt_of(record, request.form)).input_ids for record in records]
        rewards = shortlists.scored(score, base.tokenizer, request.form, prompts, lists)
    elif request.judge is None:
        raise StageError("ppo: choices need a judge: run them by a run file, or with choice_reward = 'model'")
    else:
        judge, questions = request.judge()
        rewards = shortlists.judged(judge, questions, records, lists, settings.choice_worth)
    return Choosing(
        shortlists=shortlists.shortlists(records, lists, rewards),
        shares=Likelihoods(base.tokenizer, served.choice.get("language_model") or settings.choice_scale),
    )


def _grpo(request: PPORequest, base: Base, texts: Sequence[str], score: Score, step: Step) -> Any:
    from callwright_training.ppo.grpo import train_grpo

    step("TRL's GRPOTrainer", 0.0)
    model = merge(base, request.adapter).requires_grad_(True)
    return train_grpo(model, base.tokenizer, score, texts, request.settings, request.seed, request.out)


@contextmanager
def _opened_score(request: PPORequest, base: Base) -> Iterator[Score]:
    """M_reward's logit, or a direct reward; sandboxes end with the training."""
    tokenizer, settings = base.tokenizer, request.settings
    if settings.reward == "model":
        reward = without_dropout(_reward(request)).to(device())
        yield score_by(reward, int(tokenizer.pad_token_id), int(tokenizer.eos_token_id))
        return
    from callwright_training.execution.environment import Environment
    from callwright_training.execution.reward import ProgramReward
    from callwright_training.ppo.direct import direct_score, judge_reward

    if settings.reward == "judge":
        if request.judge is None:
            raise StageError("ppo: reward = 'judge' needs a judge: run it by a run file")
        told = judge_reward(*request.judge())
        yield direct_score(told, tokenizer, request.records, request.form, request.catalogue, settings)
        return

    store = request.out / f"verdicts-{processes.join()[0]}.jsonl"
    environment = Environment.find(settings.reward_environment)
    with ProgramReward(request.catalogue, environment, settings.reward, store=store) as graded:
        yield direct_score(graded, tokenizer, request.records, request.form, request.catalogue, settings)


def _reward(request: PPORequest) -> Scorer:
    return load_reward(request.reward, load_base(request.base), request.adapter)


def _write(request: PPORequest, base: Base, policy: Any) -> None:
    """M_RL: an adapter for the base, or a whole model where every weight was tuned."""
    place = request.out / "model"
    partial = request.out / "model.partial"
    shutil.rmtree(partial, ignore_errors=True)
    save(policy, base, partial)
    shutil.rmtree(place, ignore_errors=True)
    partial.rename(place)


def _summarise(request: PPORequest, stopped: str | None) -> None:
    """Write the summary, which marks the stage as done, and drop the checkpoint."""
    place = request.out / "model"
    rows = read_log(request.out)
    tenth = max(1, len(rows) // 10)
    summary = {
        "updates": len(rows),
        "stopped": stopped,
        "full": not (place / "adapter_config.json").is_file(),
        "first": _mean(rows[:tenth]),
        "last": _mean(rows[-tenth:]),
        "model": hash_paths([place]),
    }
    write_whole(request.out / "summary.json", json.dumps(summary, indent=2) + "\n")
    shutil.rmtree(request.out / "checkpoint", ignore_errors=True)


def _mean(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """The mean of each figure over some updates."""
    names = [name for name in ("reward", "kl", "entropy", "length", "ended") if rows and name in rows[0]]
    return {name: round(sum(row[name] for row in rows) / len(rows), 6) for name in names}
