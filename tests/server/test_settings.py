import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from callwright_server.cli import callwright
from callwright_server.settings import Inline, Pace, Settings, read_settings
from callwright_server.settings.describing import as_markdown, describe_settings

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = [item.name.removeprefix("callwright.") for item in describe_settings()]


@pytest.mark.parametrize(
    "sent",
    [
        {"inline": {"maxTokens": 9}, "pace": {"time_budget": 5}},
        {"callwright": {"inline": {"max_tokens": 9}, "pace": {"timeBudget": 5}}},
        {"callwright.inline.maxTokens": 9, "callwright.pace.timeBudget": 5},
        {"inline.maxTokens": 9, "inline": None, "pace": {"timeBudget": 5, "unloadAfter": None}},
    ],
)
def test_every_spelling_is_read(sent):
    assert read_settings(sent) == (Settings(inline=Inline(max_tokens=9), pace=Pace(time_budget=5)), [])


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ({"inline": {"maxTokens": "9"}}, "callwright.inline.maxTokens"),
        ({"inline": {"maxTokens": True}}, "callwright.inline.maxTokens"),
        ({"inline": {"maxTokens": 0}}, "callwright.inline.maxTokens"),
        ({"inline": {"minimumConfidence": 1.5}}, "not 1.5; the default is used"),
        ({"inline": {"enabeld": True}}, "did you mean callwright.inline.enabled?"),
        ({"logLevel": "loud"}, "callwright.logLevel"),
        ({"inline": 3}, "callwright.inline"),
        ({"bundle": ["a"]}, "callwright.bundle"),
        ({"nonsense": {}}, "Unknown setting callwright.nonsense"),
        (3, "must be an object"),
    ],
)
def test_what_is_wrong_is_named_and_the_default_holds(sent, named):
    settings, [complaint] = read_settings(sent)
    assert named in complaint
    assert settings == Settings()


def test_one_wrong_value_does_not_cost_the_others():
    settings, complaints = read_settings({"inline": {"maxTokens": -1, "imports": False}, "bundle": "mine"})
    assert (settings.bundle, settings.inline, len(complaints)) == ("mine", Inline(imports=False), 1)


@given(JSON | st.dictionaries(st.sampled_from(NAMES), JSON))
def test_anything_gives_settings(sent):
    settings, complaints = read_settings(sent)
    assert isinstance(settings, Settings)
    assert all("callwright" in complaint or "object" in complaint for complaint in complaints)


def test_every_setting_has_a_sentence():
    for item in describe_settings():
        assert item.description.endswith("."), item.name


def test_the_json_is_a_schema_of_every_setting():
    found = json.loads(CliRunner().invoke(callwright, ["settings", "--json"]).output)
    assert list(found) == [item.name for item in describe_settings()]
    assert found["callwright.inline.minimumConfidence"]["maximum"] == 1
    assert found["callwright.inline.minimumConfidence"]["type"] == ["number", "null"]
    assert all({"type", "default", "description"} <= value.keys() for value in found.values())


def test_the_page_is_up_to_date():
    page = Path(__file__).parents[2] / "docs" / "settings.md"
    assert page.read_text() == as_markdown(), "callwright settings --markdown > docs/settings.md"
