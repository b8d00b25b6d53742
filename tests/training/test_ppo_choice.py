"""PPO over the shortlist: the policy is what is served, learns what is rewarded, and resumes exactly."""

import json
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
import torch

from callwright_plugins.builtin import example_catalogue
from callwright_plugins.judge import Pair
from callwright_plugins.manager import Plugins
from callwright_server.choice.documents import scored_pair
from callwright_server.choice.fusion import softmax, weigh
from callwright_training.bases import load_base
from callwright_training.choice.scoring import TorchPairs
from callwright_training.errors import StageError
from callwright_training.feedback.judged import open_judge
from callwright_training.feedback.settings import JudgeSettings
from callwright_training.logs import read_log
from callwright_training.ppo import PPOSettings, loop, stage
from callwright_training.ppo.choosing import Choosing, Likelihoods
from callwright_training.ppo.direct import judge_reward
from callwright_training.ppo.models import Actor
from callwright_training.ppo.rollout import Sampler
from callwright_training.ppo.shortlists import retrieved, shortlists
from callwright_training.ppo.stage import PPORequest, run_ppo
from callwright_training.records import read_records
from callwright_training.run.hashing import hash_paths
from callwright_training.run.run_file import installed_run_files

pytestmark = pytest.mark.usefixtures("one_thread")

RECORDS = read_records(installed_run_files()["tiny.toml"].with_name("tiny_records.jsonl")).records
CATALOGUE = example_catalogue()
SETTINGS = {
    "steps": 3,
    "batch_size": 4,
    "minibatches": 2,
    "max_tokens": 4,
    "lora_rank": 0,
    "save_steps": 1,
    "choices": 8,
    "choice_encoder": "tiny",
    "choice_candidates": 4,
}


@pytest.fixture(scope="module")
def lists():
    return retrieved(RECORDS, CATALOGUE, None, "tiny", 4)[1]


def nothing(prompts, completions):
    return torch.zeros(len(completions))


def quietly(what, done):
    pass


def test_the_policy_is_the_softmax_that_the_server_makes(lists):
    base = load_base("tiny", seed=1)
    found = shortlists(RECORDS[:3], lists[:3], [[0.0] * 4] * 3)
    shares = Likelihoods(base.tokenizer, 7.0)(base.model, found).exp()

    pairs = TorchPairs(base.model, base, bf16=False)
    for row, one, listed in zip(shares, found, lists, strict=False):
        likely = [
            np.mean(told) for told in pairs.score_pairs([scored_pair(d, one.question) for d in one.documents])
        ]
        prior = np.array([entry.score for entry in listed], np.float32)
        served = weigh(
            {"retrieval": prior, "language_model": np.array(likely, np.float32)},
            {"retrieval": 1.0, "language_model": 7.0},
        )
        assert row.tolist() == pytest.approx(softmax(served).tolist(), abs=1e-4)


@pytest.mark.slow
def test_it_learns_to_choose_what_is_rewarded(lists, tmp_path):
    """The entry that the policy likes least at first earns four, the others nothing."""
    base, reference = load_base("tiny", seed=1), load_base("tiny", seed=1).model
    found = shortlists(RECORDS, lists, [[0.0] * 4] * len(RECORDS))
    flat = [replace(one, prior=(0.0,) * 4) for one in found]
    asked = Choosing(shortlists=flat, shares=Likelihoods(base.tokenizer, 30.0))
    least = asked.shares(reference, flat).argmin(1).tolist()
    taught = [
        replace(one, rewards=tuple(4.0 * (place == low) for place in range(4)))
        for one, low in zip(flat, least, strict=True)
    ]
    roles = loop.Roles(
        actor=Actor(base.model.requires_grad_(True)),
        reference=reference,
        score=nothing,
        sampler=Sampler(torch.zeros(512, dtype=torch.bool), 0, 2, 1.0, 1),
        choosing=replace(asked, shortlists=taught),
    )
    settings = PPOSettings(
        steps=20,
        batch_size=2,
        choices=24,
        minibatches=2,
        learning_rate=3e-3,
        kl_coefficient=0.0,
        missing_end_penalty=0.0,
        save_steps=100,
        schedule="constant",
    )
    loop.train(roles, [[5, 6, 7], [8, 9]], settings, 1, tmp_path, quietly)

    rows = read_log(tmp_path)
    assert rows[0]["choice/kl"] == pytest.approx(0, abs=1e-5)
    assert sum(row["choice/reward"] for row in rows[-4:]) / 4 > rows[0]["choice/reward"] + 1


@pytest.fixture
def request_for(tmp_path):
    def judge():
        plugins = Plugins(())
        told = JudgeSettings(questions="checked")
        return open_judge(told, plugins, CATALOGUE, tmp_path), plugins.question_set("checked")

    def make(out, judge=judge, **changes):
        return PPORequest(
            base="tiny",
            adapter=None,
            reward=tmp_path,
            records=RECORDS,
            form="call",
            settings=PPOSettings(**(SETTINGS | changes)),
            seed=2,
            out=tmp_path / out,
            catalogue=CATALOGUE,
            judge=judge,
        )

    return make


@pytest.fixture(autouse=True)
def _no_reward_model(monkeypatch):
    """Free tokens earn nothing here; what is looked at is the choice."""
    monkeypatch.setattr(stage, "_opened_score", lambda request, base: nullcontext(nothing))


@pytest.mark.slow
def test_a_run_stopped_after_any_update_ends_the_same(request_for, run_with_kills):
    whole, broken = request_for("whole", learning_rate=1e-3), request_for("broken", learning_rate=1e-3)
    run_ppo(whole, quietly)
    run_with_kills(broken)

    assert hash_paths([broken.out / "model"]) == hash_paths([whole.out / "model"])
    assert read_log(broken.out) == read_log(whole.out)
    assert json.loads((whole.out / "summary.json").read_text())["updates"] == 3


def test_the_judge_prefers_the_call_that_the_record_names(request_for):
    choosing = stage._choosing(request_for("out"), load_base("tiny"), nothing)
    by_id = {record.id: record for record in RECORDS}
    told = 0
    for one in choosing.shortlists:
        calls = [document.call for document in one.documents]
        if (right := by_id[one.record].call) in calls:
            told += 1
            assert one.rewards[calls.index(right)] == max(one.rewards) > min(one.rewards)
    assert told


def test_choices_without_a_judge_are_refused(request_for):
    with pytest.raises(StageError, match="choices need a judge"):
        run_ppo(request_for("out", judge=None), quietly)


def test_the_judges_own_score_may_be_the_reward(tmp_path):
    plugins = Plugins(())
    judge = open_judge(JudgeSettings(), plugins, CATALOGUE, tmp_path)
    reward = judge_reward(judge, plugins.question_set("checked"))
    record = RECORDS[3]
    good = f"from transformers import pipeline\nfound = {record.call}\n"
    pairs = [
        Pair(id=str(number), instruction=record.instruction, completion=text, reference=record.api)
        for number, text in enumerate((good, "print(1)\n", "def (\n", good.partition("\n")[2]))
    ]
    best, something_else, not_python, without_import = (grade.reward for grade in reward(pairs))
    assert not_python == without_import == 0 < something_else < best <= 1
