"""Prompts of records that teach something: answered well by themselves, neither always nor never by M_SFT."""

import json
from dataclasses import replace

import pytest
from pydantic import ValidationError

from callwright_grounding.catalogue import Catalogue
from callwright_plugins.judge import JudgeContext
from callwright_plugins.judges.program import ProgramJudge
from callwright_plugins.questions import QuestionSet
from callwright_training.bases import load_base
from callwright_training.errors import StageError
from callwright_training.feedback.samples import prompt_of
from callwright_training.ppo import PPOSettings, stage
from callwright_training.ppo.stage import PPORequest, run_ppo
from callwright_training.records import read_records
from callwright_training.run.run_file import installed_run_files

RECORDS = read_records(installed_run_files()["tiny.toml"].with_name("tiny_records.jsonl")).records[:6]
# What the catalogue lacks does not exist: the first three records' own call is no good answer.
CATALOGUE = Catalogue(record.api for record in RECORDS[3:])
QUESTIONS = QuestionSet.model_validate(
    {"name": "e", "questions": [{"id": "e", "text": "Does it exist?", "good": "yes", "check": "exists"}]}
)


@pytest.fixture
def request_of(tmp_path):
    def judge():
        judge = ProgramJudge()
        judge.open(JudgeContext(catalogue=CATALOGUE, folder=tmp_path, build=lambda name, options: judge))
        return judge, QUESTIONS

    def request_of(**settings):
        return PPORequest(
            base="tiny",
            adapter=None,
            reward=tmp_path / "none",
            records=RECORDS,
            form="call",
            settings=PPOSettings(reward="judge", **settings),
            seed=0,
            out=tmp_path / "ppo",
            catalogue=CATALOGUE,
            judge=judge,
        )

    return request_of


def prompts_of(request, monkeypatch):
    """The prompts with which training would begin."""
    asked = []

    def train(roles, prompts, *rest):
        asked.extend(prompts)
        raise StageError("enough")

    monkeypatch.setattr(stage, "train", train)
    with pytest.raises(StageError, match="enough"):
        run_ppo(request, lambda what, done: None)
    return asked


def test_records_that_their_own_answer_fails_give_no_prompts(request_of, monkeypatch):
    tokenizer = load_base("tiny").tokenizer
    texts = [tokenizer(prompt_of(record, "call")).input_ids for record in RECORDS]

    assert prompts_of(request_of(), monkeypatch) == texts
    assert prompts_of(request_of(answered=0.5), monkeypatch) == texts[3:]


def test_no_record_left_and_no_judge_are_said(request_of):
    request = replace(request_of(answered=1.0), records=RECORDS[:3])
    with pytest.raises(StageError, match="no record's own answer earns 1"):
        run_ppo(request, lambda what, done: None)
    with pytest.raises(ValidationError, match="answered needs reward = 'judge'"):
        PPOSettings(answered=0.5)


def test_records_that_always_or_never_succeed_give_no_prompts(request_of, tmp_path, monkeypatch):
    accepted = [(True, True), (False, True), (False, False), (True, False)]
    lines = [
        {"sample": {"record": record.id}, "accepted": one}
        for record, samples in zip(RECORDS, accepted, strict=False)
        for one in samples
    ]
    labels = tmp_path / "labels.jsonl"
    labels.write_text("".join(json.dumps(line) + "\n" for line in lines))
    tokenizer = load_base("tiny").tokenizer
    texts = [tokenizer(prompt_of(record, "call")).input_ids for record in RECORDS]

    request = replace(request_of(undecided=True), labels=labels)
    assert prompts_of(request, monkeypatch) == [texts[1], texts[3]]
    with pytest.raises(StageError, match="accepts all or none of each record's samples"):
        run_ppo(replace(request, records=RECORDS[2:3]), lambda what, done: None)
    with pytest.raises(StageError, match="needs the labels of feedback"):
        run_ppo(request_of(undecided=True), lambda what, done: None)
