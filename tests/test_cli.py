"""Both command lines: what every subcommand owes its user."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import pytest

from callwright_server.cli import SUBCOMMANDS as SERVER
from callwright_server.command_line import Subcommand
from callwright_training.cli import SUBCOMMANDS as TRAINING

ALL = [("callwright", name, item) for name, item in SERVER.items()] + [
    ("rlaif-train", name, item) for name, item in TRAINING.items()
]
NAMES = [f"{program} {name}" for program, name, _ in ALL]


def command(item: Subcommand) -> click.Command:
    module, _, attribute = item.target.partition(":")
    found: click.Command = getattr(importlib.import_module(module), attribute)
    return found


@pytest.mark.parametrize(("program", "name", "item"), ALL, ids=NAMES)
def test_the_table_says_what_the_command_says(program: str, name: str, item: Subcommand) -> None:
    assert (command(item).help or "").splitlines()[0] == item.summary


@pytest.mark.parametrize(("program", "name", "item"), ALL, ids=NAMES)
def test_the_help_page_has_examples(program: str, name: str, item: Subcommand) -> None:
    found = command(item)
    page = found.get_help(click.Context(found, info_name=f"{program} {name}"))
    assert "Examples:" in page
    assert f"{program} {name}" in page.partition("Examples:")[2]


@pytest.mark.parametrize(("program", "name", "item"), ALL, ids=NAMES)
def test_every_option_is_explained(program: str, name: str, item: Subcommand) -> None:
    def commands(found: click.Command) -> list[click.Command]:
        inner = found.commands.values() if isinstance(found, click.Group) else []
        return [found, *(deeper for one in inner for deeper in commands(one))]

    for found in commands(command(item)):
        for parameter in found.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{program} {name} {parameter.opts}"


@pytest.mark.parametrize("module", ["callwright_server.cli", "callwright_training.cli"])
def test_help_is_instant(module: str) -> None:
    code = f"import sys; sys.argv = ['x', '--help']; from {module} import main; main()"
    best = 9.0
    for _ in range(5):
        # Processor time: what else the machine does is not the command's.
        before = os.times()
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        after = os.times()
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        best = min(best, spent)
    assert best < 0.5


def test_a_wrong_use_exits_with_2() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "callwright_server", "complete", "nowhere.py:1:1"],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (2, "Error: nowhere.py: there is no such file.\n")


def test_a_plain_installation_says_what_training_needs() -> None:
    arguments = "'rlaif-train', 'sft', '--base', 'tiny', '--records', 'tests/data/records/team.jsonl'"
    code = (
        f"import sys; sys.modules['torch'] = None; sys.argv = [{arguments}, '--out', sys.argv[1]];"
        "from callwright_training.cli import main; main()"
    )
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", code, folder],
            capture_output=True,
            text=True,
            cwd=Path(__file__).parents[1],
        )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(
        "Error: torch is not installed. For training: `pip install"
    )
