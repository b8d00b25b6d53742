"""The docs for plugin authors are true: hooks are all there, examples run, the template installs."""

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from callwright_plugins import Pair, hookspecs, judges
from callwright_plugins.manager import HOOKS, Plugins
from callwright_plugins.testing import judge_now

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "plugins.md").read_text()
TUTORIAL = (ROOT / "docs" / "tutorial-judge.md").read_text()


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def test_every_hook_has_a_heading_with_its_signature_and_a_docstring():
    specs = [name for name, value in vars(hookspecs).items() if hasattr(value, "callwright_spec")]
    assert tuple(specs) == HOOKS
    assert re.findall(r"^### (register_\w+)$", DOCS, re.MULTILINE) == specs
    for name in specs:
        hook = getattr(hookspecs, name)
        signature = str(inspect.signature(hook)).replace("'", "")
        assert f"`{name}{signature}`" in DOCS
        assert ":param register:" in hook.__doc__
        assert "versionadded::" in hook.__doc__


def test_every_judge_module_is_in_the_table():
    for path in Path(judges.__file__).parent.glob("*.py"):
        if re.search(r"class \w+\(Judge\)", path.read_text()):
            assert f"| `{path.stem}` |" in DOCS


@pytest.mark.parametrize("number", range(len(HOOKS)))
def test_each_hooks_example_runs(number, tmp_path):
    path = tmp_path / "example.py"
    path.write_text([block for block in blocks(DOCS, "python") if "@hookimpl" in block][number])
    plugins = Plugins([path])

    assert plugins.plugins[-1].hooks == (HOOKS[number],)
    assert any(offer.plugin == "example" for offers in plugins.offers().values() for offer in offers.values())


def test_the_tutorial_ends_with_a_working_judge_of_thirty_lines(tmp_path):
    judge, test = blocks(TUTORIAL, "python")
    assert len([line for line in judge.splitlines() if line.strip()]) <= 30
    (tmp_path / "house_judge.py").write_text(judge)
    (tmp_path / "house.toml").write_text(blocks(TUTORIAL, "toml")[0])
    (tmp_path / "test_house.py").write_text(test)

    plugins = Plugins([tmp_path / "house_judge.py"])
    questions = plugins.question_set(str(tmp_path / "house.toml"))
    codes = ["import house\nhouse.load('a')\n", "from transformers import pipeline\n", "not python at all"]
    pairs = [Pair(id=code, instruction="Load it.", completion=code) for code in codes]
    own, foreign, neither = judge_now(plugins.judge("house", {}), pairs, questions, tmp_path)

    assert {name: answer.yes for name, answer in own.answers.items()} == {"store": True, "download": False}
    assert {name: answer.yes for name, answer in foreign.answers.items()} == {
        "store": False,
        "download": True,
    }
    assert neither.unlabelled.startswith("not Python")
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."], cwd=tmp_path, check=True
    )


@pytest.mark.slow
def test_the_template_builds_installs_and_passes_its_own_tests(tmp_path):
    template = ROOT / "plugins" / "template"
    copy, site = tmp_path / "template", tmp_path / "site"
    copy.mkdir()
    for path in template.rglob("*"):
        if path.is_file() and path.suffix in {".py", ".toml", ".md"}:
            (copy / path.relative_to(template)).parent.mkdir(exist_ok=True)
            (copy / path.relative_to(template)).write_bytes(path.read_bytes())
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
    ]
    subprocess.run([*pip, "--target", site, copy], check=True)

    environment = os.environ | {"PYTHONPATH": str(site), "CALLWRIGHT_PLUGINS": "length"}
    listed = subprocess.run(
        [Path(sys.executable).with_name("callwright"), "plugins", "list"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "length (callwright-length 0.1.0)\n  judges: length\n  question sets: length\n" in listed.stdout
    pytest_ = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    subprocess.run(pytest_, cwd=copy, env=environment, check=True)
