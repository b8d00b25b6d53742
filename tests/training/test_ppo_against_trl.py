"""Our PPO loop beside trl 1.12.0's, the last release that has one: same models, prompts and random numbers.

`python tests/training/test_ppo_against_trl.py` prints both, update by update, and how many samples each does
a second; with the name of a base, such as `smollm2-135m`, only the latter, TRL with its own generation.
Completions have no stop token here: behind an end TRL pays the score one position late, its own choice.
"""

import copy
import os
import sys
import tempfile
import time
from pathlib import Path

import pytest

os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")

UPDATES, BATCH, LENGTH, PROMPT, SEED = 4, 8, 10, 6, 3
SAME = {
    "reward": "objective/scores",
    "kl": "objective/kl",
    "loss/policy": "loss/policy_avg",
    "loss/value": "loss/value_avg",
    "policy/moved": "policy/approxkl_avg",
}
"""Our figure to TRL's."""


class Pair:
    """The models of both loops, equal at the start."""

    def __init__(self, name):
        import torch
        from transformers import AutoModelForSequenceClassification

        from callwright_training.bases import load_base

        base = load_base(name, seed=SEED)
        self.policy, self.tokenizer = base.model, base.tokenizer
        self.tokenizer.padding_side = "left"
        # A token that is never drawn: TRL takes every padding token in a completion for its end.
        self.tokenizer.add_special_tokens({"pad_token": "<never drawn>"})
        torch.manual_seed(SEED)
        config = copy.deepcopy(self.policy.config)
        config.num_labels = 1
        self.reward = AutoModelForSequenceClassification.from_config(config).eval()
        self.value = AutoModelForSequenceClassification.from_config(config).eval()
        # Large enough for the policy to be moved by it.
        self.reward.score.weight.data.mul_(20)
        generator = torch.Generator().manual_seed(SEED)
        self.prompts = torch.randint(2, 500, (BATCH, PROMPT), generator=generator).tolist()


def run_trl(pair, folder, prompts_seen, own_generation=False):
    import torch
    from datasets import Dataset
    from trl.experimental.ppo import PPOConfig, PPOTrainer, ppo_trainer

    from callwright_training.sampling import draw, uniforms

    never = torch.zeros(len(pair.tokenizer), dtype=torch.bool)

    def generate(model, queries, *_):
        update = len(prompts_seen)
        prompts_seen.append(queries.tolist())
        numbers = torch.stack([uniforms(SEED, f"{update}:{row}", LENGTH) for row in range(len(queries))])
        ones = torch.ones_like(queries)
        drawn = draw(
            model, queries, ones, numbers, temperature=1.0, stops=never, pad=pair.tokenizer.pad_token_id
        )
        whole = torch.cat([queries, drawn.tokens], 1)
        return whole, model(whole).logits[:, PROMPT - 1 : -1]

    arguments = PPOConfig(
        output_dir=str(folder),
        per_device_train_batch_size=BATCH,
        gradient_accumulation_steps=1,
        num_mini_batches=1,
        num_ppo_epochs=2,
        total_episodes=UPDATES * BATCH,
        response_length=LENGTH,
        temperature=1.0,
        learning_rate=1e-3,
        kl_coef=0.05,
        whiten_rewards=False,
        missing_eos_penalty=None,
        num_sample_generations=0,
        gradient_checkpointing=False,
        bf16=False,
        use_cpu=True,
        report_to=[],
        save_strategy="no",
        disable_tqdm=True,
        seed=SEED,
    )
    rows = []
    original = ppo_trainer.batch_generation
    if not own_generation:
        ppo_trainer.batch_generation = generate
    try:
        trainer = PPOTrainer(
            args=arguments,
            processing_class=pair.tokenizer,
            model=copy.deepcopy(pair.policy),
            ref_model=copy.deepcopy(pair.policy),
            reward_model=pair.reward,
            value_model=copy.deepcopy(pair.value),
            train_dataset=Dataset.from_dict({"input_ids": pair.prompts}),
        )
        trainer.log = lambda figures, *_, **__: rows.append(figures)
        started = time.perf_counter()
        trainer.train()
    finally:
        ppo_trainer.batch_generation = original
    return rows, UPDATES * BATCH / (time.perf_counter() - started)


def run_ours(pair, folder, prompts_seen, value="model", adapted=False):
    """``adapted``: as a run file has it, with an adapter, 16 bits and a copy that samples."""
    import torch

    from callwright_training.logs import read_log
    from callwright_training.ppo import loop
    from callwright_training.ppo.models import Actor, without_dropout
    from callwright_training.ppo.rollout import Sampler
    from callwright_training.ppo.served_copy import ServedCopy
    from callwright_training.ppo.settings import PPOSettings
    from callwright_training.reward.scorer import Scorer, padded

    def scorer(model):
        found = Scorer(copy.deepcopy(model))
        found.head.weight.data.copy_(model.score.weight.data)
        return found

    reward = scorer(pair.reward)
    policy = copy.deepcopy(pair.policy).requires_grad_(not adapted)
    if adapted:
        from peft import LoraConfig, inject_adapter_in_model

        inject_adapter_in_model(LoraConfig(r=16, target_modules="all-linear"), policy)
    settings = PPOSettings(
        steps=UPDATES,
        batch_size=BATCH,
        epochs=2,
        minibatches=1,
        max_tokens=LENGTH,
        learning_rate=1e-3,
        max_gradient_norm=None,
        kl_coefficient=0.05,
        missing_end_penalty=0.0,
        value=value,
        save_steps=1000,
        bf16=adapted,
    )
    reference = copy.deepcopy(pair.policy)
    roles = loop.Roles(
        actor=Actor(without_dropout(policy), scorer(pair.value) if value == "model" else None),
        reference=reference,
        score=lambda prompts, answers: reward.at_end(
            *padded([[*one, *other] for one, other in zip(prompts, answers, strict=True)], 0)
        ),
        sampler=Sampler(
            torch.zeros(len(pair.tokenizer), dtype=torch.bool),
            0,
            LENGTH,
            1.0,
            SEED,
            ServedCopy(reference) if adapted else None,
        ),
    )
    order = [[pair.prompts.index(row) for row in rows] for rows in prompts_seen]
    original, loop.batch_of = loop.batch_of, lambda count, update, size, seed: order[update]
    try:
        started = time.perf_counter()
        loop.train(roles, pair.prompts, settings, SEED, Path(folder), lambda what, done: None)
    finally:
        loop.batch_of = original
    return read_log(Path(folder)), UPDATES * BATCH / (time.perf_counter() - started)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tiny", "tiny-gpt2"])
def test_the_first_updates_agree_with_trl(name, tmp_path):
    pair, seen = Pair(name), []
    theirs, _ = run_trl(pair, tmp_path / "trl", seen)
    ours, _ = run_ours(pair, tmp_path / "ours", seen)

    assert len(ours) == len(theirs) == UPDATES
    for our, their in zip(ours, theirs, strict=True):
        for mine, other in SAME.items():
            assert our[mine] == pytest.approx(their[other], rel=1e-4, abs=2e-6), (our["step"], mine)
    assert abs(ours[-1]["kl"]) > 10 * abs(ours[1]["kl"] - ours[0]["kl"]) / 100  # the policy did move


def tell_speeds(name):
    """Samples a second: TRL's loop as it is, ours doing the same, with a value head, and as it is used."""
    global UPDATES, BATCH, LENGTH, PROMPT
    UPDATES, BATCH, LENGTH, PROMPT = 2, 16, 48, 30
    pair = Pair(name)
    pair.policy.generation_config.eos_token_id = None  # so that both write equally much
    ways = (
        ("trl", lambda place: run_trl(pair, place, [], own_generation=True)),
        ("ours", lambda place: run_ours(pair, place, [pair.prompts] * UPDATES)),
        ("ours, value head", lambda place: run_ours(pair, place, [pair.prompts] * UPDATES, "head")),
        (
            "ours, adapter and 16 bits",
            lambda place: run_ours(pair, place, [pair.prompts] * UPDATES, "head", True),
        ),
    )
    for way, run in ways:
        with tempfile.TemporaryDirectory() as scratch:
            _, speed = run(Path(scratch))
        sys.stdout.write(f"{name}: {way}: {speed:.2f} samples/s\n")
        sys.stdout.flush()


def tell_updates(name):
    """Both loops' figures, update by update."""
    with tempfile.TemporaryDirectory() as scratch:
        pair, seen = Pair(name), []
        theirs, their_speed = run_trl(pair, Path(scratch) / "trl", seen)
        ours, our_speed = run_ours(pair, Path(scratch) / "ours", seen)
        _, head_speed = run_ours(pair, Path(scratch) / "head", seen, value="head")
    for our, their in zip(ours, theirs, strict=True):
        cells = [f"{mine} {our[mine]:.6f} / {their[other]:.6f}" for mine, other in SAME.items()]
        sys.stdout.write(f"{name} update {our['step']}: {', '.join(cells)}\n")
    speeds = f"trl {their_speed:.1f}, ours {our_speed:.1f}, with a value head {head_speed:.1f}"
    sys.stdout.write(f"{name}: samples/s {speeds}\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        tell_speeds(sys.argv[1])
    else:
        for name in ("tiny", "tiny-gpt2"):
            tell_updates(name)
