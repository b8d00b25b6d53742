"""The stage `ppo` on tiny models: it earns reward, resumes exactly, and works for both architectures and
tunings."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from callwright_training.bases import load_base
from callwright_training.errors import StageError
from callwright_training.logs import read_log
from callwright_training.ppo import PPOSettings, loop
from callwright_training.ppo.models import Actor
from callwright_training.ppo.rollout import Sampler
from callwright_training.ppo.stage import PPORequest, run_ppo
from callwright_training.records import read_records
from callwright_training.reward import RewardSettings
from callwright_training.reward.scorer import Scorer
from callwright_training.reward.stage import RewardRequest, make_scorer
from callwright_training.reward.stage import _publish as publish_reward
from callwright_training.run.hashing import hash_paths
from callwright_training.run.run_file import installed_run_files

pytestmark = pytest.mark.usefixtures("one_thread")

RECORDS = read_records(installed_run_files()["tiny.toml"].with_name("tiny_records.jsonl")).records


@pytest.fixture
def request_for(tmp_path):
    """A request, with a reward model that has learned nothing: a fixed random taste."""

    def make(base="tiny", out="ppo", **changes):
        folder = tmp_path / f"reward-{base}"
        if not folder.exists():
            folder.mkdir()
            told = RewardRequest(
                base=base,
                adapter=None,
                labels=folder,
                settings=RewardSettings(lora_rank=0),
                seed=1,
                out=folder,
            )
            scorer = make_scorer(load_base(base), None, told.settings, 1)
            scorer.head.weight.data.mul_(20)
            publish_reward(told, scorer, {})
        told = {
            "steps": 3,
            "batch_size": 8,
            "minibatches": 2,
            "max_tokens": 6,
            "lora_rank": 0,
            "save_steps": 1,
        }
        return PPORequest(
            base=base,
            adapter=None,
            reward=folder,
            records=RECORDS,
            form="call",
            settings=PPOSettings(**(told | changes)),
            seed=2,
            out=tmp_path / out,
        )

    return make


def quietly(what, done):
    pass


@pytest.mark.slow
@pytest.mark.parametrize("value", ["head", "model"])
def test_it_earns_the_reward_it_is_given(tmp_path, value):
    """Reward is four times the share of tokens from the vocabulary's upper half: two at first."""

    def upper(prompts, completions):
        return torch.tensor([4 * sum(token >= 256 for token in row) / len(row) for row in completions])

    base, reference = load_base("tiny", seed=1), load_base("tiny", seed=1).model
    taught = Scorer(load_base("tiny").model) if value == "model" else None
    # The value model's gradients are much the larger at first; clipped together, the policy would hardly
    # move.
    told = {"steps": 16, "batch_size": 32, "minibatches": 2, "learning_rate": 4e-3, "max_gradient_norm": None}
    roles = loop.Roles(
        actor=Actor(base.model.requires_grad_(True), taught),
        reference=reference,
        score=upper,
        sampler=Sampler(torch.zeros(512, dtype=torch.bool), 0, 6, 1.0, 1),
    )
    settings = PPOSettings(
        **told, kl_coefficient=0.0, missing_end_penalty=0.0, save_steps=100, schedule="constant"
    )
    loop.train(roles, [[5, 6, 7], [8, 9], [10]], settings, 1, tmp_path, quietly)

    rows = read_log(tmp_path)
    assert 1.5 < rows[0]["reward"] < 2.5
    assert sum(row["reward"] for row in rows[-4:]) / 4 > rows[0]["reward"] + 0.5


@pytest.mark.slow
@pytest.mark.parametrize("base", ["tiny", "tiny-gpt2"])
@pytest.mark.parametrize("rank", [0, 4])
def test_both_architectures_by_lora_and_by_every_weight(request_for, base, rank):
    request = request_for(base, lora_rank=rank)
    assert run_ppo(request, quietly)["full"] == (rank == 0)
    assert (request.out / "model" / ("adapter_config.json" if rank else "config.json")).is_file()
    row = read_log(request.out)[0]
    assert abs(row["kl"]) < 1e-5  # the policy begins as M_SFT


@pytest.mark.slow
@pytest.mark.parametrize("value", ["head", "model"])
def test_a_run_stopped_after_any_update_ends_the_same(request_for, run_with_kills, value):
    settings = {"value": value, "kl_target": 1.0, "kl_horizon": 10.0, "learning_rate": 1e-3}
    whole, broken = request_for(out="whole", **settings), request_for(out="broken", **settings)
    run_ppo(whole, quietly)
    run_with_kills(broken)

    assert hash_paths([broken.out / "model"]) == hash_paths([whole.out / "model"])
    assert read_log(broken.out) == read_log(whole.out)
    assert read_log(whole.out)[2]["kl/coefficient"] != 0.05


@pytest.mark.slow
def test_drifting_too_far_stops_it_early(request_for):
    found = run_ppo(request_for(steps=10, learning_rate=1e-2, stop_at_kl=0.01, kl_coefficient=0.0), quietly)
    assert "above stop_at_kl = 0.01" in found["stopped"]
    assert found["updates"] < 10


@pytest.mark.slow
def test_two_processes_agree(request_for, tmp_path):
    """Each takes half of every batch; both end with the same weights."""
    request = request_for(learning_rate=1e-3)
    records = installed_run_files()["tiny.toml"].with_name("tiny_records.jsonl")
    torchrun, ours = (Path(sys.executable).with_name(name) for name in ("torchrun", "rlaif-train"))
    command = [torchrun, "--standalone", "--nproc_per_node", 2, ours, "ppo", "--base", "tiny"]
    command += ["--reward", request.reward, "--records", records, "--out", tmp_path / "two"]
    command += ["--steps", 2, "--batch-size", 8, "--minibatches", 2, "--max-tokens", 6, "--lora-rank", 0]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run([str(part) for part in command], env=environment, check=True, capture_output=True)

    assert json.loads((tmp_path / "two" / "summary.json").read_text())["updates"] == 2
    assert len(read_log(tmp_path / "two")) == 2


def test_a_batch_that_does_not_hold_whole_groups_is_refused(request_for):
    with pytest.raises(StageError, match=r"batch_size = 8 cannot be divided by samples x processes = 3"):
        run_ppo(request_for(samples=3), quietly)


@pytest.mark.slow
def test_grpo_takes_the_same_reward(request_for):
    found = run_ppo(request_for(algorithm="grpo", lora_rank=4, batch_size=8), quietly)
    assert found["updates"] >= 2  # TRL logs a reward where it samples, which is every second step here
    assert (found["full"], found["last"]["length"]) == (True, 6)
