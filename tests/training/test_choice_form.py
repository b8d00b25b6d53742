"""RLAIF on the choice: sampled, judged, learned from and measured as the server chooses."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from callwright_grounding.catalogue import Catalogue
from callwright_plugins.manager import Plugins
from callwright_server.choice.bias import CallBias
from callwright_server.choice.documents import Document
from callwright_training.choice.corpus import question
from callwright_training.choice.served import open_chooser, shortlisted
from callwright_training.choice.settings import Choice
from callwright_training.choice.tuning import Task, tune_choice
from callwright_training.errors import StageError
from callwright_training.feedback.judged import open_judge
from callwright_training.feedback.settings import FeedbackSettings, JudgeSettings
from callwright_training.feedback.stage import FeedbackRequest, run_feedback
from callwright_training.logs import read_log
from callwright_training.ppo import PPOSettings
from callwright_training.ppo.choosing import Biased, Biases, Shortlist, choice_loss, weighed
from callwright_training.ppo.shortlists import shortlists
from callwright_training.ppo.stage import PPORequest, run_ppo
from callwright_training.records import read_catalogue, read_records
from callwright_training.run.checking import check_run
from callwright_training.run.hashing import hash_paths
from callwright_training.run.pipeline import open_run, run_all
from callwright_training.sft.settings import SFT

pytestmark = pytest.mark.usefixtures("one_thread")
SETTINGS = {"steps": 3, "batch_size": 8, "minibatches": 2, "learning_rate": 0.05, "save_steps": 1}


def quietly(*told):
    pass


@pytest.fixture(scope="module")
def records(small_records):
    return read_records(small_records / "harbour_eval.json").records


@pytest.fixture(scope="module")
def twins(harbour_api, tmp_path_factory):
    """The catalogue, with a second call in each domain that no record asks for."""
    file = tmp_path_factory.mktemp("catalogue") / "harbour_api.jsonl"
    lines = harbour_api.read_text().splitlines(keepends=True)
    file.write_text("".join([*lines, *(line.replace("acme/", "acme/old-") for line in lines)]))
    return file


@pytest.fixture(scope="module")
def catalogue(twins):
    return Catalogue(read_catalogue(twins).entries)


@pytest.fixture(scope="module")
def tuned(records, catalogue, tmp_path_factory):
    """M_SFT's folder, with a retriever."""
    task = Task(
        records=records,
        entries=tuple(catalogue),
        sft=SFT(base="tiny", epochs=1, batch_size=4, threads=1, held_out=0.2),
        choice=Choice(encoder="tiny", retriever_epochs=2, retriever_batch_size=4, candidates=3, negatives=4),
        out=tmp_path_factory.mktemp("tuned"),
    )
    return tune_choice(task)


@pytest.fixture
def feedback(records, catalogue, tuned, tmp_path):
    def run(name, **settings):
        request = FeedbackRequest(
            base="tiny",
            adapter=tuned,
            records=records,
            catalogue=catalogue,
            plugins=Plugins(()),
            settings=FeedbackSettings(form="choice", questions="checked", **settings),
            seed=1,
            out=tmp_path / name,
        )
        run_feedback(request, quietly)
        rows = [json.loads(line) for line in (request.out / "labels.jsonl").read_text().splitlines()]
        return {row["sample"]["id"]: row["sample"]["completion"] for row in rows}

    return run


def test_the_likeliest_choice_is_the_one_that_is_served(feedback, records, catalogue, tuned):
    chosen = feedback("greedy", samples=1, temperature=0.0)

    chooser = open_chooser(tuned, catalogue)
    served = {
        f"{record.id}#0": chooser.choose(question(record), limit=1, stop=lambda: False)[0].entry.text
        for record in records
    }
    assert {id_: text.strip() for id_, text in chosen.items()} == served


def test_choices_are_drawn_by_their_shares_whatever_is_asked_together(feedback):
    one, many = (feedback(f"{size}", samples=6, prompts_at_once=size) for size in (1, 5))
    assert one == many
    asked = {id_.partition("#")[0] for id_ in one}
    assert any(len({one[f"{id_}#{number}"] for number in range(6)}) > 1 for id_ in asked)


@pytest.fixture
def request_for(records, catalogue, tuned, tmp_path):
    def judge():
        plugins = Plugins(())
        told = JudgeSettings(questions="checked")
        return open_judge(told, plugins, catalogue, tmp_path), plugins.question_set("checked")

    def make(out, adapter=tuned, judge=judge, **changes):
        return PPORequest(
            base="tiny",
            adapter=adapter,
            reward=tmp_path,
            records=records,
            form="choice",
            settings=PPOSettings(**({"reward": "judge"} | SETTINGS | changes)),
            seed=2,
            out=tmp_path / out,
            catalogue=catalogue,
            judge=judge,
        )

    return make


def test_it_learns_to_choose_what_the_judge_accepts(request_for, tuned):
    request = request_for("run", steps=25, schedule="constant", kl_coefficient=0.0)
    run_ppo(request, quietly)

    rows = read_log(request.out)
    assert rows[0]["kl"] == pytest.approx(0, abs=1e-5)
    assert rows[-1]["kl"] > 0
    assert np.mean([row["reward"] for row in rows[-5:]]) > np.mean([row["reward"] for row in rows[:5]]) + 0.1
    model = request.out / "model"
    assert hash_paths([model / "retriever"]) != hash_paths([tuned / "retriever"])
    weights = "adapter_model.safetensors"
    assert (model / weights).read_bytes() == (tuned / weights).read_bytes()


def test_a_run_stopped_after_any_update_ends_the_same(request_for, run_with_kills):
    whole, broken = request_for("whole"), request_for("broken")
    run_ppo(whole, quietly)
    run_with_kills(broken)

    assert hash_paths([broken.out / "model"]) == hash_paths([whole.out / "model"])
    assert read_log(broken.out) == read_log(whole.out)


def test_what_was_learned_is_gone_on_from(request_for, tuned, records, catalogue):
    """M_RL can be M_SFT again: its bias is where the next run starts, and its reference."""
    first = request_for("first", steps=8)
    run_ppo(first, quietly)
    model, whole = first.out / "model", {"batch_size": len(records), "minibatches": 1}
    second = request_for("second", adapter=model, steps=1, learning_rate=1e-9, **whole)
    run_ppo(second, quietly)

    [row] = read_log(second.out)
    assert row["kl"] == pytest.approx(0, abs=1e-5)
    lists = shortlisted(open_chooser(model, catalogue), records)
    shares = [np.array([one.probability for one in listed]) for listed in lists]
    assert row["entropy"] == pytest.approx(np.mean([-(one * np.log(one)).sum() for one in shares]), abs=1e-3)
    calls = [entry.text for entry in catalogue]
    before, after = (CallBias.load(request.out / "model" / "retriever") for request in (first, second))
    assert after.of(calls) == pytest.approx(before.of(calls), abs=1e-5)
    assert np.abs(before.of(calls)).max() > 0.05
    assert CallBias.load(tuned / "retriever") is None


def test_drift_costs_what_it_is_said_to(request_for):
    free, dear = (request_for(f"kl{cost}", steps=12, kl_coefficient=cost) for cost in (0.0, 20.0))
    for request in (free, dear):
        run_ppo(request, quietly)
    assert read_log(dear.out)[-1]["kl"] < 0.5 * read_log(free.out)[-1]["kl"]


def test_what_is_missing_is_said(request_for, tmp_path):
    with pytest.raises(StageError, match="no tuned retriever"):
        run_ppo(request_for("a", adapter=None), quietly)
    with pytest.raises(StageError, match="rewarded by 'judge'"):
        run_ppo(request_for("b", judge=None), quietly)


def shortlist(rewards, prior=None):
    documents = tuple(Document(call=f"f{n}()", name="", domain="") for n in range(len(rewards)))
    return Shortlist("r", "q", documents, tuple(prior or [0.0] * len(rewards)), tuple(rewards))


@given(
    st.lists(
        st.lists(st.tuples(st.floats(-3, 3), st.floats(0, 4)), min_size=1, max_size=5), min_size=1, max_size=4
    )
)
def test_the_first_step_climbs_the_expected_reward(drawn):
    """The gradient is the mean reward's own, and absent entries have none."""
    asked = [shortlist([reward for _, reward in one]) for one in drawn]
    width = max(map(len, drawn))
    logits = torch.tensor(
        [[score for score, _ in one] + [-torch.inf] * (width - len(one)) for one in drawn], requires_grad=True
    )
    worth = torch.tensor([[reward for _, reward in one] + [0.0] * (width - len(one)) for one in drawn])
    said = logits.log_softmax(1)
    batch = weighed(asked, said.detach(), said.detach(), 0.1)
    [found] = torch.autograd.grad(choice_loss(said, batch, torch.arange(len(asked)), 0.2), logits)
    [wanted] = torch.autograd.grad(-(logits.softmax(1) * worth).sum(1).mean(), logits)
    assert torch.allclose(found, wanted, atol=1e-5)


def test_a_ratio_beyond_the_clip_teaches_nothing():
    asked = [shortlist([4.0, 0.0])]
    old = torch.tensor([[0.5, 0.5]]).log()
    batch = weighed(asked, old, old, 0.0)
    said = torch.tensor([[0.7, 0.3]]).log().requires_grad_()
    choice_loss(said, batch, torch.tensor([0]), 0.2).backward()
    assert said.grad is not None
    assert said.grad[0].tolist() == [0.0, 0.0]


def test_the_policy_is_what_the_server_weighs(request_for, records, catalogue):
    request = request_for("run", steps=8)
    run_ppo(request, quietly)

    model = request.out / "model"
    plain, chooser = (open_chooser(adapter, catalogue) for adapter in (request.adapter, model))
    lists = shortlisted(plain, records)
    policy = Biases([entry.text for entry in catalogue], CallBias.load(model / "retriever"))
    shares = Biased()(policy, shortlists(records, lists, [[0.0] * len(one) for one in lists])).exp()
    moved = 0
    for record, listed, row in zip(records, lists, shares, strict=True):
        chosen = chooser.choose(question(record), stop=lambda: False)
        served = {one.entry.text: one.probability for one in chosen}
        said = dict(zip((one.entry.text for one in listed), row.tolist(), strict=False))
        assert {call: served[call] for call in said} == pytest.approx(said, abs=1e-4)
        moved += any(abs(one.probability - said[one.entry.text]) > 0.01 for one in listed)
    assert moved


RUN = """
name = "choices"
seed = 1
threads = 1
records = ["{records}"]
catalogue = "{catalogue}"

[sft]
base = "tiny"
epochs = 1
batch_size = 4
max_length = 96
held_out = 0.2
bf16 = false

[choice]
encoder = "tiny"
retriever_epochs = 1
retriever_batch_size = 4

[feedback]
form = "choice"
questions = "checked"
samples = 3

[reward]
accept_chance = true

[ppo]
reward = "judge"
seeds = 2
steps = 2
batch_size = 4
minibatches = 2
learning_rate = 1e-3

[export]
quantization = "fp32"

[evaluate]
samples = 2
"""


@pytest.mark.slow
def test_a_run_goes_from_records_to_a_bundle_that_chooses(small_records, twins, tmp_path):
    file = tmp_path / "run.toml"
    file.write_text(RUN.format(records=small_records / "harbour_eval.json", catalogue=twins))
    run = open_run(file, tmp_path / "out")
    assert "4 questions" in "\n".join(check_run(run))
    run_all(run, quietly)

    summary = json.loads((run.folder("evaluate") / "summary.json").read_text())
    assert set(summary["gains"]) == {"greedy", "drawn"}
    assert len(summary["gains"]["greedy"]["accepted"]["by_seed"]) == 2
    assert CallBias.load(run.folder("export") / "bundle" / "retriever") == CallBias.load(
        run.folder("ppo") / "model" / "retriever"
    )


def test_a_run_file_without_a_retriever_is_refused(small_records, harbour_api, tmp_path):
    file = tmp_path / "run.toml"
    text = RUN.format(records=small_records / "harbour_eval.json", catalogue=harbour_api)
    start, end = text.index("[choice]"), text.index("[feedback]")
    file.write_text(text[:start] + text[end:])
    with pytest.raises(StageError, match=r"add \[choice\]"):
        check_run(open_run(file, tmp_path / "out"))
