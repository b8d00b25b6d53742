"""PPO with a direct reward: no reward model, each completion graded as the program that it is."""

import pytest

from callwright_grounding.catalogue import Catalogue
from callwright_training.bases import load_base
from callwright_training.execution.reward import Grade, ProgramReward
from callwright_training.feedback.samples import prompt_of
from callwright_training.ppo import PPOSettings
from callwright_training.ppo.direct import direct_score
from callwright_training.ppo.stage import PPORequest, run_ppo
from callwright_training.records import read_records
from callwright_training.run.run_file import installed_run_files

RECORDS = read_records(installed_run_files()["tiny.toml"].with_name("tiny_records.jsonl")).records
CATALOGUE = Catalogue(record.api for record in RECORDS)


@pytest.fixture
def environment(bare_environment):
    return bare_environment("2024")


def test_each_completion_is_graded_beside_its_own_reference(environment):
    tokenizer = load_base("tiny").tokenizer
    reward = ProgramReward(CATALOGUE, environment, "static")
    score = direct_score(reward, tokenizer, RECORDS, "call", CATALOGUE, PPOSettings(reward_scale=4.0))
    prompts = [
        tokenizer(prompt_of(record, "call")).input_ids for record in (RECORDS[0], RECORDS[3], RECORDS[0])
    ]
    texts = [RECORDS[0].api.text, RECORDS[0].api.text, "print(1)"]
    assert score(prompts, [tokenizer(text).input_ids for text in texts]).tolist() == [4.0, 0.0, 0.0]


def test_what_only_looks_right_does_not_pay():
    """Grades below the share that pays earn nothing; the others what they are."""
    tokenizer = load_base("tiny").tokenizer

    def reward(pairs):
        return [Grade(float(pair.completion), "other", False, "") for pair in pairs]

    score = direct_score(reward, tokenizer, RECORDS, "call", CATALOGUE, PPOSettings(reward_from=0.5))
    prompt = tokenizer(prompt_of(RECORDS[0], "call")).input_ids
    texts = ["0.25", "0.5", "1.0"]
    assert score([prompt] * 3, [tokenizer(text).input_ids for text in texts]).tolist() == [0.0, 2.0, 4.0]


@pytest.mark.parametrize("algorithm", ["ppo", pytest.param("grpo", marks=pytest.mark.slow)])
def test_no_reward_model_is_needed(environment, tmp_path, algorithm):
    settings = PPOSettings(
        algorithm=algorithm, reward="static", steps=2, batch_size=8, minibatches=1, max_tokens=4, lora_rank=4
    )
    request = PPORequest(
        base="tiny",
        adapter=None,
        reward=tmp_path / "none",
        records=RECORDS,
        form="call",
        settings=settings,
        seed=2,
        out=tmp_path / "ppo",
        catalogue=CATALOGUE,
    )
    assert run_ppo(request, lambda what, done: None)["updates"] >= 1  # TRL logs where it samples
