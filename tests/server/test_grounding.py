"""The model's own lines, held to names that exist; in this process, without an editor."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from callwright_grounding.catalogue import Catalogue
from callwright_server.engine.engine import Engine
from callwright_server.lsp.groundwork import imported_in
from callwright_server.settings import Inline
from callwright_server.suggest.asking import Ask, Kind
from callwright_server.suggest.choosing import Place
from callwright_server.suggest.document import Document
from callwright_server.suggest.grounding import LONGEST, Names
from callwright_server.suggest.installed import Installed, find_installed
from callwright_server.suggest.line_writer import LineWriter

FILE = "import toys\nfrom toys import Cube\ncube = Cube(1)\n"


@pytest.fixture(scope="module")
def engine(tiny_bundle) -> Engine:
    return Engine(tiny_bundle)


@pytest.fixture
def names(toys_installed: Installed, engine: Engine, small_catalogue: Catalogue) -> Names:
    return Names(toys_installed, engine, small_catalogue)


@pytest.mark.parametrize(
    ("head", "written"),
    [
        ("y = toys.", "volume(cube)"),
        ("y = cube.", "scale(2).side"),
        ("y = cu", "be.scale(2)"),
        ("y = Cube(", "2, color='blue')"),
        ("", "from toys import volume"),
        ("", "import toys, json"),
        ("cube = ", "cube.scale(2)"),
        ("big = ", "[each.scale for each in [cube]]"),
        ("y = len(\n    ", "cube.scale(2).side)"),
    ],
)
def test_what_exists_is_vouched_for(names: Names, head: str, written: str) -> None:
    text = FILE + "z = cube.scale\n" + head
    assert names.line(Place(text, len(text))).doubt(written) == ""


@pytest.mark.parametrize(
    ("head", "written", "named"),
    [
        ("y = toys.", "volumes(cube)", "'volumes'"),
        ("y = cube.", "scale(2).shape", "'shape'"),
        ("y = Cube(", "2, colour='blue')", "'colour'"),
        ("", "from toys import sphere", "'sphere'"),
        ("", "import toyz", "'toyz'"),
        ("", "from . import toys", "relative"),
        ("y = ", "unheard_of(cube)", "'unheard_of'"),
        ("y = ", "unknown.thing", "'thing'"),
        ("y = ", "[cube.side for cube in toys.Cube]", "'side'"),
        ("y = ", "(cube", "no whole statement"),
    ],
)
def test_what_does_not_exist_is_not(names: Names, head: str, written: str, named: str) -> None:
    text = FILE + head
    assert named in names.line(Place(text, len(text))).doubt(written)


@pytest.mark.parametrize("written", ["toys.volumes(cube)", "Cube(2, colour='blue')"])
def test_that_the_file_uses_a_name_elsewhere_is_no_excuse(names: Names, written: str) -> None:
    text = f"{FILE}def f(a):\n    a.volumes(colour=1)\ny = "
    assert "there is no" in names.line(Place(text, len(text))).doubt(written)


@pytest.mark.parametrize("head", ["y = toys.", "y = toys.v", "y = cube.s", "from toys import "])
def test_whatever_the_model_prefers_its_name_exists(names: Names, engine: Engine, head: str) -> None:
    """The tiny model's parameters are random: without masks it writes anything."""
    text = FILE + head
    line = names.line(Place(text, len(text)))
    generation = engine.generate(
        text[: len(text) - line.healed], max_tokens=12, stop=lambda: False, constraint=line
    )
    written = head[len(head) - line.healed :] + generation.text[line.healed :]
    assert re.match(r"(Cube|volume|side|scale)\b", written)


def test_a_line_that_nobody_vouches_for_is_hidden_with_its_reason(names: Names, engine: Engine) -> None:
    text = FILE + "y = toys."
    ask = Ask(Document(text), len(text), Kind.INLINE, lambda: False)
    answer = LineWriter(engine, Inline(minimum_confidence=0.0), names).suggest(ask)
    assert answer.reason
    assert not answer.items


def test_while_nothing_is_known_nothing_is_held(engine: Engine, small_catalogue: Catalogue) -> None:
    assert Names(Installed(), engine, small_catalogue).line(Place("x = 1", 5)) is None


def test_a_very_long_buffer_is_not_read(names: Names) -> None:
    text = "x = 1\n" * (LONGEST // 5)
    assert names.line(Place(text, len(text))) is None


def test_what_open_buffers_import_is_indexed_first() -> None:
    buffers = ["import toys.big as t\nif 1:\n    from json import (", "x = 'import y'\n"]
    assert imported_in(buffers) == {"toys", "json"}


def test_a_command_knows_what_the_files_project_has_without_an_index(
    toys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", str(toys))
    monkeypatch.setenv("CALLWRIGHT_HOME", str(tmp_path / "home"))
    environment = find_installed(tmp_path / "app.py").environment
    assert environment is not None
    assert {"Cube", "volume"} <= environment.summary("toys").names.keys()
