"""Importing, where a user asks for it: what it shows, and that it ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from callwright_grounding.checking import Checker
from callwright_grounding.environment import Environment, describe_interpreter
from callwright_grounding.environment.observed import keep, observe, refined
from callwright_grounding.environment.summary import ModuleSummary
from callwright_grounding.resolution.members import is_closed, member_names
from callwright_grounding.resolution.resolver import Resolver
from callwright_grounding.resolution.values import Module
from callwright_server.cli import callwright

MAGIC = """
print("noise")
from shapes.solid import Cube
globals().update({"made": 1})
def gone(): ...
del globals()["gone"]
"""


@pytest.fixture
def environment_folder(virtual_environment: Path) -> Path:
    site = next((virtual_environment / "lib").glob("python*/site-packages"))
    (site / "shapes" / "magic.py").write_text(MAGIC)
    with (site / "shapes" / "__init__.py").open("a") as file:
        file.write("from . import magic, dark\n")
    with (site / "shapes-1.0.dist-info" / "RECORD").open("a") as file:
        file.write("shapes/magic.py,sha256=x,1\n")
    return virtual_environment


def index(folder: Path, *options: str) -> Resolver:
    found = CliRunner().invoke(callwright, ["index", "--python", str(folder), "--only", "shapes", *options])
    assert found.exit_code == 0, found.output
    return Resolver(Environment(describe_interpreter(folder / "bin" / "python")))


def test_importing_closes_what_reading_leaves_open(environment_folder: Path) -> None:
    resolver = index(environment_folder)
    assert not is_closed(resolver, Module("shapes.magic"))
    resolver = index(environment_folder, "--run", "shapes")
    magic = Module("shapes.magic")
    assert is_closed(resolver, magic)
    assert {"made", "Cube"} <= set(member_names(resolver, magic))
    assert "gone" not in member_names(resolver, magic)
    [finding] = Checker(resolver.environment).check(
        "import shapes.magic\nshapes.magic.maid\nshapes.magic.made\n"
    )
    assert finding.suggestions[0] == "made"


def test_computed_attributes_stay_open(environment_folder: Path) -> None:
    assert not is_closed(index(environment_folder, "--run", "shapes"), Module("shapes.dark"))


def test_what_was_seen_goes_with_the_version(environment_folder: Path) -> None:
    index(environment_folder, "--run", "shapes")
    site = next((environment_folder / "lib").glob("python*/site-packages"))
    with (site / "shapes-1.0.dist-info" / "RECORD").open("a") as file:
        file.write("\n")
    assert not is_closed(index(environment_folder), Module("shapes.magic"))


def test_a_module_that_never_ends_costs_its_time_only(environment_folder: Path) -> None:
    interpreter = describe_interpreter(environment_folder / "bin" / "python")
    site = next((environment_folder / "lib").glob("python*/site-packages"))
    (site / "endless.py").write_text("import time\ntime.sleep(10_000)\n")
    assert observe(interpreter, ["no_such_module", "endless"], timeout=1) == {}
    assert keep(interpreter, {"unheard_of": ["x"]}) == 0


def test_what_running_does_not_find_is_accepted_and_not_offered() -> None:
    summary = refined(ModuleSummary(names={"a": ["v", "", None, None]}), "m", {"m": ["b"]})
    assert (set(summary.names), set(summary.typing_names)) == ({"b"}, {"a"})
