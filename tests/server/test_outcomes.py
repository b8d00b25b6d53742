"""What became of each suggestion: drawn from the text, kept in a file, exported as records."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwright_server.outcomes import Offer, Outcome, OutcomeStore, Tracker
from callwright_server.outcomes.report import as_markdown, summary
from callwright_server.outcomes.store import Row

HEAD = "# Fill the gap\n"
OFFER = Offer(start=len(HEAD), typed=0, text="pipeline('fill-mask')")


def follow(*texts: str, offer: Offer = OFFER) -> list[Outcome]:
    ended: list[Outcome] = []
    tracker = Tracker(lambda _document, _offer, outcome: ended.append(outcome))
    tracker.offered("a.py", texts[0], offer)
    for text in texts[1:]:
        tracker.changed("a.py", text)
    return ended


@pytest.mark.parametrize(
    ("texts", "outcomes"),
    [
        ([HEAD + OFFER.text], [Outcome.ACCEPTED]),
        ([HEAD + OFFER.text + "\n"], [Outcome.ACCEPTED]),
        (["import os\n" + HEAD + OFFER.text], [Outcome.ACCEPTED]),
        ([HEAD + "p", HEAD + "pi"], []),
        ([HEAD + "p", HEAD + "px"], [Outcome.DISMISSED]),
        ([HEAD + "pipeline", HEAD + "pipeline = 1"], [Outcome.PARTLY]),
        ([HEAD + "pipeline(')", HEAD + "pipeline('f')"], []),
        ([HEAD + "\n", HEAD + "\nx"], []),
        ([HEAD + "x = 1"], [Outcome.DISMISSED]),
        ([""], []),
    ],
)
def test_the_text_tells_what_became_of_it(texts: list[str], outcomes: list[Outcome]) -> None:
    assert follow(HEAD, *texts) == outcomes


@given(st.text(alphabet="ab('\n", min_size=1, max_size=12), st.text(alphabet="ab\n", max_size=6))
def test_typing_along_to_the_end_is_accepting(text: str, head: str) -> None:
    offer = Offer(start=len(head), typed=0, text=text)
    steps = [head + text[:length] for length in range(len(text) + 1)]
    assert follow(*steps, offer=offer)[-1:] == [Outcome.ACCEPTED]


def test_a_newer_offer_ends_the_one_before() -> None:
    ended: list[str] = []
    tracker = Tracker(lambda _document, offer, _outcome: ended.append(offer.text))
    tracker.offered("a.py", HEAD, OFFER)
    tracker.offered("a.py", HEAD, OFFER)
    tracker.offered("a.py", HEAD, Offer(start=3, typed=0, text="other"))
    tracker.closed("a.py")
    assert ended == [OFFER.text, "other"]


def row(**values: object) -> Row:
    standard = {
        "at": 1.0,
        "instruction": "Fill the gap",
        "call": OFFER.text,
        "text": OFFER.text,
        "domain": "Fill-Mask",
        "bundle": "default",
        "latency_ms": 40.0,
        "outcome": Outcome.ACCEPTED,
    }
    return Row(**{**standard, **values})  # type: ignore[arg-type]


def test_accepted_calls_become_records(tmp_path: Path) -> None:
    store = OutcomeStore(tmp_path / "outcomes.sqlite")
    number = store.add(row())
    store.set_kept(number, True)
    store.set_kept(store.add(row(instruction="Undone")), False)
    store.add(row(outcome=Outcome.DISMISSED))
    store.add(row(call="", instruction=""))
    assert store.export(tmp_path / "records.jsonl") == 1
    [record] = map(json.loads, (tmp_path / "records.jsonl").read_text().splitlines())
    assert record == {"instruction": "Fill the gap", "api_call": OFFER.text, "domain": "Fill-Mask"}


def test_the_report_counts_and_the_file_can_be_erased(tmp_path: Path) -> None:
    store = OutcomeStore(tmp_path / "outcomes.sqlite")
    assert list(store.rows()) == []
    store.set_kept(store.add(row()), True)
    store.add(row(outcome=Outcome.PARTLY))
    facts = summary(store.rows())
    assert (facts["shown"], facts["accepted"], facts["kept"], facts["acceptance"]) == (2, 1, 1.0, 0.5)
    assert "accepted: 1 (50%)" in as_markdown(list(store.rows()))
    assert store.erase() == 2
    assert list(store.rows()) == []
