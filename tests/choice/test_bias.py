"""What feedback has taught about calls: kept as digests, and served within each domain."""

import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwright_server.choice import CallChooser, ChoiceSettings
from callwright_server.choice.bias import FILE, CallBias
from callwright_server.choice.fusion import biased, softmax
from callwright_server.choice.retriever import Retriever
from callwright_server.engine import never
from callwright_server.errors import BundleError

SETTINGS = ChoiceSettings(candidates=12)
CALLS = ("load('org/gulls-large')", "load('org/gulls-small')", "fetch('x')", "elsewhere()")


@pytest.fixture
def choose(retriever, sea_catalogue):
    """What is chosen with a bias, by call."""

    def run(bias):
        again = Retriever(retriever.index, retriever._encode, retriever.weights, bias)
        entries = {entry.text: entry for entry in sea_catalogue}
        listed = CallChooser(again, entries, None, SETTINGS).choose("large gulls", limit=12, stop=never)
        return {one.entry.text: one for one in listed}

    return run


def test_a_calls_own_bias_and_its_callables_add_up():
    bias = CallBias.named({"load(": -1.0, "load('org/gulls-large')": 3.0, "elsewhere(": 0.5})

    assert bias.of(CALLS).tolist() == [2.0, -1.0, 0.0, 0.5]


def test_it_is_kept_without_names(tmp_path):
    bias = CallBias.named(dict.fromkeys(CALLS, 1.0) | {"load(": -0.25})
    bias.save(tmp_path)

    assert CallBias.load(tmp_path) == bias
    assert b"gulls" not in (tmp_path / FILE).read_bytes()


def test_no_file_is_no_bias_and_a_damaged_one_is_said(tmp_path):
    assert CallBias.load(tmp_path) is None
    (tmp_path / FILE).write_bytes(b"\0" * 20)
    with pytest.raises(BundleError, match=rf"{FILE}: cannot be read"):
        CallBias.load(tmp_path)


def test_a_bundles_bias_is_opened_with_it(retriever_folder, sea_catalogue, tmp_path):
    folder = shutil.copytree(retriever_folder, tmp_path / "retriever")
    CallBias.named({"load('org/gulls-large')": 2.5}).save(folder)

    opened = Retriever.open(folder, sea_catalogue, {"words": 1.0})

    found = dict(zip((d.call for d in opened.index.documents), opened.features("gulls")["bias"], strict=True))
    assert found.pop("load('org/gulls-large')") == 2.5
    assert set(found.values()) == {0.0}


def test_it_reorders_calls_of_a_domain_and_leaves_the_domains_alone(choose):
    before = choose(None)
    best = next(iter(before.values()))
    after = choose(CallBias.named({best.entry.text: -9.0}))

    def shares(chosen):
        found: dict[str, float] = {}
        for one in chosen.values():
            found[one.entry.domain] = found.get(one.entry.domain, 0.0) + one.probability
        return found

    others = [call for call, one in before.items() if one.entry.domain == best.entry.domain][1:]
    assert after[best.entry.text].probability < 0.001 < before[best.entry.text].probability
    assert all(after[call].probability > before[call].probability for call in others)
    assert shares(after) == pytest.approx(shares(before), abs=1e-5)


def test_calls_are_shown_unasked_as_readily_as_before(choose):
    before, after = choose(None), choose(CallBias.named({"load(": -50.0}))

    assert [one.shown for one in after.values()] == [one.shown for one in before.values()]
    shares = [[one.probability for one in chosen.values()] for chosen in (before, after)]
    assert shares[1] == pytest.approx(shares[0], abs=1e-5)


@given(
    st.lists(
        st.tuples(st.floats(-200, 200), st.floats(-60, 60), st.sampled_from("abc")), min_size=1, max_size=8
    )
)
def test_a_groups_share_stays_and_its_inside_follows_the_bias(drawn):
    scores, bias = (np.array([one[n] for one in drawn], np.float32) for n in (0, 1))
    groups = [group for *_, group in drawn]

    found = biased(scores, bias, groups)

    before, after = softmax(scores), softmax(found)
    for group in set(groups):
        own = np.array([one == group for one in groups])
        assert after[own].sum() == pytest.approx(before[own].sum(), abs=1e-3)
        moved = found[own] - (scores + bias)[own]
        assert moved == pytest.approx(moved[0], abs=1e-3)
