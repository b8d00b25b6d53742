"""Finding plugins, and what happens with bad ones."""

import json
from importlib.metadata import EntryPoint

import pytest
from click.testing import CliRunner

from callwright_plugins import manager
from callwright_plugins.errors import JudgeError, PluginLoadError, QuestionSetError
from callwright_plugins.manager import Plugins
from callwright_plugins.suggestion import Suggestion
from callwright_server.cli import callwright

HEAD = "from callwright_plugins import hookimpl\n\n"
GOOD = HEAD + "@hookimpl\ndef register_filters(register):\n    register('quiet', lambda suggestion: 'hush')\n"
RAISES = HEAD + "@hookimpl\ndef register_judges(register):\n    raise OSError('no disk')\n"
MISSPELT = HEAD + "@hookimpl\ndef register_judge(register):\n    pass\n"
BROKEN = "import no_such_module\n"
EMPTY = "x = 1\n"
TAKEN = HEAD + "@hookimpl\ndef register_filters(register):\n    register('blank', lambda suggestion: None)\n"


@pytest.fixture
def plugin(tmp_path):
    def write(text, name="ours"):
        path = tmp_path / f"{name}.py"
        path.write_text(text)
        return path

    return write


def test_built_ins_come_by_the_strangers_door():
    offers = Plugins().offers()
    assert list(offers["judges"])[:3] == ["program", "openai", "ensemble"]
    assert set(offers["question_sets"]) == {"paper", "checked", "domain", "team", "usage", "choice"}
    assert {offer.plugin for offer in offers["question_sets"].values()} == {"builtin"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MISSPELT, "plugin 'ours' cannot be loaded: unknown hook 'register_judge'"),
        (BROKEN, "plugin 'ours' cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'"),
        (EMPTY, "plugin 'ours' implements no hook"),
        (RAISES, "plugin 'ours' register_judges raised OSError: no disk"),
        (
            TAKEN,
            "register_filters raised ValueError: the name 'blank' is taken by plugin 'builtin'",
        ),
    ],
)
def test_a_bad_plugin_is_named_loudly_or_left_out_quietly(plugin, text, message):
    with pytest.raises(PluginLoadError) as error:
        Plugins([plugin(text)]).offers()
    assert message in str(error.value)
    assert "\n" not in str(error.value)

    quiet = Plugins([plugin(text), plugin(GOOD, "good")], strict=False)
    assert "program" in quiet.offers()["judges"]
    assert "quiet" in quiet.filters
    assert [problem.plugin for problem in quiet.problems] == ["ours"]


def test_a_filter_that_raises_is_named_and_not_asked_again(plugin):
    text = (
        HEAD + "@hookimpl\ndef register_filters(register):\n    register('odd', lambda suggestion: 1 / 0)\n"
    )
    plugins = Plugins([plugin(text)], strict=False)

    assert [plugins.withheld(Suggestion(text="x = 1")) for _ in range(3)] == [None, None, None]
    assert [problem.message for problem in plugins.problems] == [
        "filter 'odd' raised ZeroDivisionError: division by zero"
    ]


def test_built_in_filters():
    plugins = Plugins()
    assert plugins.withheld(Suggestion(text="  \n")) == "blank: there is nothing in it"
    assert plugins.withheld(Suggestion(text="return x", after="\n    return x\n")).startswith("repeats:")
    assert plugins.withheld(Suggestion(text="return y", after="\n    return x\n")) is None


def test_unknown_names_say_what_there_is():
    with pytest.raises(JudgeError, match="no judge 'orcale'; there are: program, openai"):
        Plugins().judge("orcale", {})
    with pytest.raises(QuestionSetError, match="no question set 'papre'; there are: "):
        Plugins().question_set("papre")
    with pytest.raises(JudgeError, match="judge 'openai': base_url: Field required"):
        Plugins().judge("openai", {"model": "m"})
    with pytest.raises(JudgeError, match=r"judge 'program' .* cannot be built: .*unexpected keyword"):
        Plugins().judge("program", {"speed": 3})


def test_the_environment_limits_what_is_loaded(monkeypatch, plugin, tmp_path):
    monkeypatch.syspath_prepend(tmp_path)
    plugin(GOOD, "plugin_one")
    plugin(GOOD.replace("quiet", "calm"), "plugin_two")
    entries = [EntryPoint(name, f"plugin_{name}", "callwright") for name in ("one", "two")]
    monkeypatch.setattr(manager, "entry_points", lambda group: entries)

    monkeypatch.delenv("CALLWRIGHT_PLUGINS")
    assert {"quiet", "calm"} <= set(Plugins().filters)
    monkeypatch.setenv("CALLWRIGHT_PLUGINS", "two")
    assert "calm" in Plugins().filters
    assert "quiet" not in Plugins().filters
    monkeypatch.setenv("CALLWRIGHT_PLUGINS", "")
    assert set(Plugins().filters) == {"blank", "repeats"}
    monkeypatch.setenv("CALLWRIGHT_PLUGINS", "three")
    with pytest.raises(PluginLoadError, match="CALLWRIGHT_PLUGINS and not installed; installed: one, two"):
        Plugins()


def test_the_command_lists_plugins_for_people_and_programs(plugin):
    run = CliRunner().invoke
    shown = run(callwright, ["plugins", "list", "--plugin", str(plugin(GOOD))])
    assert (shown.exit_code, "filters: quiet" in shown.output) == (0, True)

    told = json.loads(run(callwright, ["plugins", "list", "--json"]).output)
    assert told["plugins"][0]["name"] == "builtin"
    assert told["plugins"][0]["judges"] == ["program", "openai", "ensemble"]

    bad = run(callwright, ["plugins", "list", "--plugin", str(plugin(MISSPELT))])
    assert (bad.exit_code, "unknown hook 'register_judge'" in bad.stderr) == (1, True)
