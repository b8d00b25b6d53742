import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwright_server.choice import CallChooser, ChoiceSettings, scored_pair
from callwright_server.choice.documents import DOCUMENT_BUDGET, QUESTION_BUDGET, Document
from callwright_server.engine import Engine, never

ALONE = ChoiceSettings(candidates=4)
ASKED = ChoiceSettings(candidates=4, choice={"retrieval": 0.0, "language_model": 1.0, "domain_share": 0.0})


@pytest.fixture(scope="session")
def sea_entries(sea_catalogue):
    return {entry.text: entry for entry in sea_catalogue}


@pytest.fixture(scope="session")
def alone(retriever, sea_entries):
    return CallChooser(retriever, sea_entries, None, ALONE)


@pytest.fixture(scope="session")
def engine(tiny_bundle):
    return Engine(tiny_bundle)


@pytest.fixture(scope="session")
def asked(retriever, sea_entries, engine):
    return CallChooser(retriever, sea_entries, engine, ASKED)


@given(data=st.data(), limit=st.integers(0, 20), instruction=st.text(max_size=30))
def test_only_what_is_allowed_is_chosen_and_each_call_once(alone, sea_catalogue, data, limit, instruction):
    allowed = data.draw(st.none() | st.sets(st.sampled_from(sea_catalogue.entries)))

    chosen = alone.choose(instruction, allowed=allowed, limit=limit, stop=never)

    entries = [one.entry for one in chosen]
    possible = sea_catalogue.entries if allowed is None else allowed
    assert len(set(entries)) == len(entries) == (min(limit, len(possible)) if instruction.strip() else 0)
    assert set(entries) <= set(possible)
    scores = [one.score for one in chosen]
    assert scores == sorted(scores, reverse=True)


def test_the_same_question_has_the_same_answer(asked):
    first, second = (asked.choose("count the gulls", stop=never) for _ in range(2))

    assert [one.entry for one in first] == [one.entry for one in second]
    assert [one.score for one in first] == pytest.approx([one.score for one in second], abs=1e-4)


def test_the_language_model_orders_the_shortlist(asked, alone, engine, retriever):
    question = "count the gulls"

    chosen = asked.choose(question, limit=8, stop=never)

    listed, rest = chosen[:4], chosen[4:]
    likelihoods = [one.features["language_model"] for one in listed]
    assert likelihoods == sorted(likelihoods, reverse=True)
    assert {one.entry for one in listed} == {one.entry for one in alone.choose(question, limit=4, stop=never)}
    assert sum(one.probability for one in listed) == pytest.approx(1, abs=1e-5)
    assert [one.probability for one in rest] == [0] * 4
    [document] = [d for d in retriever.index.documents if d.call == listed[0].entry.text]
    [scores] = engine.score_pairs([scored_pair(document, question)])
    assert likelihoods[0] == pytest.approx(sum(scores) / len(scores), abs=1e-3)


def test_without_weight_the_language_model_is_not_asked(retriever, sea_entries):
    class Never:
        def score_pairs(self, pairs, stop=never):
            raise AssertionError

    chooser = CallChooser(retriever, sea_entries, Never(), ALONE)

    assert chooser.choose("count the gulls", stop=never)


def test_stopped_before_it_began_it_knows_nothing(asked):
    assert asked.choose("count the gulls", stop=lambda: True) == []


def test_stopped_while_the_model_is_asked_the_retriever_answers(asked, alone):
    looks = iter([False])

    chosen = asked.choose("count the gulls", limit=4, stop=lambda: next(looks, True))

    assert len(chosen) == 4
    assert all("language_model" not in one.features for one in chosen)


def test_the_gate_hides_what_is_too_unlikely(retriever, sea_entries, alone):
    best = alone.choose("count the gulls", stop=never)[0]
    strict = ALONE.model_copy(update={"least_retrieval": best.features["retrieval"] + 0.01})
    unsure = ALONE.model_copy(update={"least_probability": best.probability + 0.01})

    assert best.shown
    for settings in (strict, unsure):
        chooser = CallChooser(retriever, sea_entries, None, settings)
        assert not any(one.shown for one in chooser.choose("count the gulls", stop=never))


@given(text=st.text(max_size=20) | st.text(" ab\n", min_size=200, max_size=300))
def test_what_the_model_reads_has_its_limits(text):
    document = Document(call="load()", name=text, domain=text, description=text)

    prefix, continuation = scored_pair(document, text)

    assert len(prefix) <= DOCUMENT_BUDGET + len("\nUser request:")
    assert len(continuation) <= QUESTION_BUDGET + 1
    assert "\n" not in continuation


def test_choosing_needs_no_torch():
    code = (
        "import sys, callwright_server.choice; sys.exit(bool({'torch', 'transformers'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
