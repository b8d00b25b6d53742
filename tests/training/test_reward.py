"""M_reward: learns labels that can be learned, refuses those that cannot, and says how good it is."""

import json
import math
import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from callwright_training.bases import load_base
from callwright_training.errors import StageError
from callwright_training.reward import RewardSettings
from callwright_training.reward.quality import auc, quality
from callwright_training.reward.scorer import Scorer, padded, with_end
from callwright_training.reward.stage import RewardRequest, load_reward, train_reward

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def tokenizer():
    return load_base("tiny").tokenizer


@pytest.fixture
def labels(tmp_path, tokenizer):
    """Samples of which those that call something are accepted, or any at random."""

    def write(count=96, learnable=True, only=None):
        chance = random.Random(0)
        lines = []
        for number in range(count):
            calls = chance.random() < 0.5
            ids = tokenizer("pipeline('a', model='b')" if calls else "x = load").input_ids
            accepted = calls if learnable else chance.random() < 0.5
            sample = {
                "record": str(number // 3),
                "prompt_ids": tokenizer(f"# {number}\n").input_ids,
                "completion_ids": ids,
            }
            lines.append({"sample": sample, "accepted": accepted if only is None else only})
        path = tmp_path / "labels.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return path

    return write


def request(path, out, **changes):
    told = {"epochs": 3, "learning_rate": 3e-3, "lora_rank": 0, "batch_size": 8, **changes}
    return RewardRequest(
        base="tiny", adapter=None, labels=path, settings=RewardSettings(**told), seed=0, out=out
    )


@pytest.mark.slow
@pytest.mark.parametrize("rank", [0, 4])
def test_it_learns_what_can_be_learned_and_loads_as_it_was(labels, tmp_path, rank, tokenizer):
    asked = request(labels(), tmp_path / "out", lora_rank=rank)
    found = train_reward(asked, lambda what, done: None)

    assert found["auc"] > 0.9
    loaded = load_reward(asked.out, load_base("tiny"), None)
    rows = [
        with_end(tokenizer(text).input_ids, 1) for text in ("# 1\npipeline('a', model='b')", "# 1\nx = load")
    ]
    good, bad = loaded.at_end(*padded(rows, 0)).tolist()
    assert good > 0 > bad
    assert (asked.out / "tensorboard").is_dir()


@pytest.mark.slow
def test_it_refuses_to_be_no_better_than_chance_unless_told(labels, tmp_path):
    path = labels(learnable=False)
    with pytest.raises(StageError, match=r"no better than chance on .* held-out samples: AUC 0"):
        train_reward(request(path, tmp_path / "out", epochs=1), lambda what, done: None)
    train_reward(request(path, tmp_path / "told", epochs=1, accept_chance=True), lambda what, done: None)


@pytest.mark.parametrize("only", [True, False])
def test_labels_of_one_class_are_refused_before_training(labels, tmp_path, only):
    with pytest.raises(StageError, match=r"all 9 labels are '.*'; a reward needs both"):
        train_reward(request(labels(9, only=only), tmp_path / "out"), lambda what, done: None)


def test_no_labels_are_refused(tmp_path):
    with pytest.raises(StageError, match="there are no labels; run the stage feedback first"):
        train_reward(request(tmp_path / "none.jsonl", tmp_path / "out"), lambda what, done: None)


@pytest.mark.parametrize("name", ["tiny", "tiny-gpt2"])
def test_a_score_depends_on_neither_padding_nor_company(name):
    torch.manual_seed(0)
    scorer = Scorer(load_base(name).model).eval()
    rows = [[5, 6, 7, 1], [8, 1], [9, 10, 11, 12, 13, 1]]
    with torch.no_grad():
        alone = [scorer.at_end(*padded([row], 0)).item() for row in rows]
        right = scorer.at_end(*padded(rows, 0)).tolist()
        left = scorer.at_end(*padded(rows, 0, left=True)).tolist()
        ends = scorer.at_end(*padded(rows, 1)).tolist()  # a base whose end token pads too
    for other in (right, left, ends):
        assert other == pytest.approx(alone, abs=1e-5)


@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=2, max_size=40))
@settings(deadline=None)
def test_auc_is_scikit_learns(pairs):
    scores, labels = [float(score) for score, _ in pairs], [label for _, label in pairs]
    if len(set(labels)) == 1:
        assert math.isnan(auc(scores, labels))
    else:
        assert auc(scores, labels) == pytest.approx(roc_auc_score(labels, scores))


def test_calibration_by_hand():
    # Logits of 0 and of ln 3: predicted 0.5 and 0.75; true shares 0.5 and 1.
    found = quality([0.0, 0.0, math.log(3), math.log(3)], [True, False, True, True])
    assert found.ece == pytest.approx(0.5 * 0 + 0.5 * 0.25)
    assert [(one.count, one.accepted) for one in found.bins] == [(2, 0.5), (2, 1.0)]
    assert not quality([0.0] * 4, [True, False, True, False]).better_than_chance
