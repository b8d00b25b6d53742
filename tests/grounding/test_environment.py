from __future__ import annotations

import sys
from pathlib import Path

import pytest

from callwright_grounding.environment import (
    Environment,
    describe_interpreter,
    distributions,
    find_interpreter,
)
from callwright_grounding.environment.build import build, build_in_background, missing, read_progress
from callwright_grounding.environment.reader import summarize
from callwright_grounding.environment.summary import ModuleSummary
from callwright_grounding.errors import InterpreterError


def summary(source: str, *, stub: bool = False) -> ModuleSummary:
    return summarize(source.encode(), "module", is_package=False, stub=stub, version=(3, 11))


def site(folder: Path) -> Path:
    return next((folder / "lib").glob("python*/site-packages"))


def test_an_environment_is_read_from_its_files(virtual_environment: Path) -> None:
    found = describe_interpreter(virtual_environment / "bin" / "python")
    assert found.version == sys.version_info[:2]
    assert found.site_packages == (site(virtual_environment),)


def test_the_explicit_interpreter_goes_first_then_the_nearest_folder(
    virtual_environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    assert find_interpreter(str(virtual_environment)) == virtual_environment / "bin" / "python"
    (tmp_path / "project" / "src").mkdir(parents=True)
    (tmp_path / "project" / ".venv").symlink_to(virtual_environment)
    near = find_interpreter(near=tmp_path / "project" / "src")
    assert near == tmp_path / "project" / ".venv" / "bin" / "python"
    with pytest.raises(InterpreterError, match="no Python interpreter there"):
        find_interpreter("/nowhere/python")


def test_an_interpreter_without_environment_is_asked() -> None:
    base = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    assert describe_interpreter(base).version == sys.version_info[:2]


def test_editable_installs_are_followed(virtual_environment: Path, tmp_path: Path) -> None:
    package = tmp_path / "elsewhere" / "plain"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("thing = 1\n")
    (site(virtual_environment) / "plain.pth").write_text(f"import os\n{package.parent}\n")
    hooked = tmp_path / "hooked" / "inner"
    hooked.mkdir(parents=True)
    (hooked / "__init__.py").write_text("other = 1\n")
    finder = f"MAPPING: dict = {{'inner': {str(hooked)!r}}}\n"
    (site(virtual_environment) / "__editable___x_finder.py").write_text(finder)
    environment = Environment(describe_interpreter(virtual_environment / "bin" / "python"))
    assert "thing" in environment.summary("plain").names
    assert "other" in environment.summary("inner").names


def test_building_goes_on_where_it_stopped(virtual_environment: Path) -> None:
    interpreter = describe_interpreter(virtual_environment / "bin" / "python")
    path = site(virtual_environment) / "shapes-1.0.dist-info" / "RECORD"
    path.write_text(path.read_text() + "\n")  # another RECORD, another index
    todo = missing(interpreter, only=["shapes"])
    assert [entry.name for entry in todo][-1:] == ["shapes"]
    assert build(interpreter, todo, stop=lambda: True) == 0
    assert missing(interpreter, only=["shapes"]) == todo
    process = build_in_background(interpreter.executable, only=["shapes"])
    assert [progress.distribution for progress in read_progress(process)][-1] == "shapes"
    assert process.wait() == 0
    assert not missing(interpreter, only=["shapes"])


def test_a_damaged_index_is_built_again(virtual_environment: Path, index_folder: Path) -> None:
    interpreter = describe_interpreter(virtual_environment / "bin" / "python")
    build(interpreter, missing(interpreter, only=["shapes"]))
    file = index_folder / next(entry.key for entry in distributions(interpreter) if entry.name == "shapes")
    content = file.read_bytes()
    for broken in (b"", content[:40], b"x" * 200):
        file.write_bytes(broken)
        assert [entry.name for entry in missing(interpreter, only=["shapes"])] == ["shapes"]
    file.write_bytes(content)


def test_an_upgrade_is_noticed(virtual_environment: Path) -> None:
    interpreter = describe_interpreter(virtual_environment / "bin" / "python")
    environment = Environment(interpreter)
    assert "brand_new" not in environment.summary("shapes.flat").names
    (site(virtual_environment) / "shapes" / "flat.py").write_text("brand_new = 1\n")
    record = site(virtual_environment) / "shapes-1.0.dist-info" / "RECORD"
    record.write_text(record.read_text() + "x,,\n")
    build(interpreter, missing(interpreter, only=["shapes"]))
    assert environment.refresh()
    assert "brand_new" in environment.summary("shapes.flat").names


@pytest.mark.parametrize(
    ("source", "open_"),
    [
        ("globals()['a'] = 1", False),
        ("globals().update(x)", True),
        ("g = globals()\ng['a'] = 1", True),
        ("register(globals())", True),
        ("exec('a = 1')", True),
        ("def __getattr__(name):\n    raise AttributeError(name)", False),
        ("def __getattr__(name):\n    return getattr(other, name)", True),
        ("import sys\nsys.modules[__name__] = Thing()", True),
        ("for name in ('a', 'b'):\n    globals()[name] = 1", False),
        ("def (", True),
    ],
)
def test_what_makes_a_module_open(source: str, open_: bool) -> None:
    assert bool(summary(source).open) is open_


def test_attributes_of_self_are_members() -> None:
    entry = summary(
        "class A:\n    def f(self, x: int):\n        self.a = x\n        self.b, c = 1, 2\n"
    ).names["A"]
    assert entry[5]["a"] == ["v", "i", None, [":int"]]
    assert entry[5]["b"] == ["v", "i", None, None]


def test_keywords_behind_kwargs_are_read() -> None:
    entry = summary("def f(a, **kw):\n    kw.pop('b')\n    g(**kw)\ndef h(**kw):\n    use(kw)\n").names
    assert entry["f"][2][0][3:] == [["b"], ["g"]]
    assert entry["h"][2][0][3:] == [[], ["?"]]


def test_stubs_keep_their_imports_to_themselves() -> None:
    found = summary("from typing import Any\nfrom x import y as y\nimport os\n", stub=True)
    assert set(found.names) == {"y"}
