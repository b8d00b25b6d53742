import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwright_grounding.catalogue import CatalogueEntry, parse_call
from callwright_training.choice.spelling import spelled
from callwright_training.records import Record

HALF = "torch_dtype=torch.float16"


def entry(call, name="org/ship", **values):
    return CatalogueEntry(name=name, call=call, domain="Harbour", **values)


def record(call, name="org/ship"):
    api = entry(call, name)
    said = {"instruction": "Sail", "domain": "Harbour", "domain_raw": "Harbour", "provider": ""}
    return Record(id=call, question_id=1, api=api, call=api.text, call_raw=call, source="file:1", **said)


def one(bare, *records, **values):
    return spelled([bare], records)[0]


def test_the_records_of_an_entry_say_how_it_is_written():
    bare = entry("Ship.load('org/ship')", imports=("from sea import Ship",))

    found = one(bare, record(f"Ship.load('org/ship', {HALF})"))

    assert found.call == f"Ship.load('org/ship', {HALF})"
    assert found.imports == ("from sea import Ship", "import torch")


@pytest.mark.parametrize(
    "call",
    [
        "Boat.load('org/ship', deck=2)",
        "Ship.load('org/other', deck=2)",
        "Ship.load('org/ship')",
        "Ship.load('org/ship', token='secret')",
        "Ship.load('org/ship', deck=2) should be changed",
    ],
)
def test_only_arguments_are_added(call):
    bare = entry("Ship.load('org/ship')")

    assert one(bare, record(call)) == bare


def test_what_a_functions_records_always_add_is_added_to_its_other_calls():
    calls = [f"load(repo='org/{name}')" for name in ("a", "b", "c", "d")]
    names = [f"org/{name}" for name in ("a", "b", "c", "d")]
    entries = [entry(call, name) for call, name in zip(calls, names, strict=True)]
    known = [record(f"{call[:-1]}, decks=2)", name) for call, name in zip(calls[:3], names, strict=False)]

    assert spelled(entries, known)[3].call == "load(repo='org/d', decks=2)"
    assert spelled(entries, known[:2])[3] == entries[3]
    assert spelled(entries, [*known[:2], record(calls[2], names[2])])[3] == entries[3]


@pytest.mark.parametrize(
    ("example", "added"),
    [
        (f"import torch\npipe = Ship.load('org/ship', {HALF})", HALF),
        (f"pipe = Ship.load(org/ship, {HALF})", HALF),
        (f"model_id = org/ship\npipe = Ship.load(model_id, {HALF})", HALF),
        (f"model_id = org/other\npipe = Ship.load(model_id, {HALF})", ""),
        ("Ship.load('org/ship', sails=make())", ""),
        ("Ship.load(org/other, decks=2)", ""),
    ],
)
def test_an_example_says_how_it_is_written(example, added):
    found = one(entry("Ship.load('org/ship')", example=example))

    assert found.call == f"Ship.load('org/ship'{', ' if added else ''}{added})"


@given(st.text(max_size=80), st.text(max_size=40))
def test_a_spelt_call_is_a_call_of_the_same_function(example, words):
    bare = entry("Ship.load('org/ship')", example=f"{words}\nShip.load('org/ship', {example})")

    found = parse_call(one(bare).call)

    assert found is not None
    assert (found.callable, found.positional) == ("Ship.load", ("'org/ship'",))
