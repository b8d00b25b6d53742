from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from callwright_grounding.environment import Interpreter
from callwright_server.commands.check import check
from callwright_server.commands.index import index

SOURCE = "import shapes\nshapes.Sphere(1)\n"


def run(shared: Interpreter, *arguments: str) -> Result:
    return CliRunner().invoke(check, [*arguments, "--python", str(shared.executable)])


@pytest.fixture
def file(tmp_path: Path, index_folder: Path) -> Path:
    path = tmp_path / "app.py"
    path.write_text(SOURCE)
    return path


def test_text_and_exit_codes(shared_interpreter: Interpreter, file: Path) -> None:
    result = run(shared_interpreter, str(file))
    assert (result.exit_code, result.output.splitlines()[0]) == (
        1,
        f"{file}:2:8: error[attribute] shapes has no attribute 'Sphere'; did you mean measure?",
    ) or result.output.startswith(f"{file}:2:8: error[attribute] shapes has no attribute 'Sphere'")
    file.write_text("import shapes\nshapes.Cube(1)\n")
    result = run(shared_interpreter, str(file))
    assert (result.exit_code, result.output) == (0, "1 file: nothing found.\n")
    assert run(shared_interpreter, str(file.parent / "missing.py")).exit_code == 2


def test_json(shared_interpreter: Interpreter, file: Path) -> None:
    (found,) = json.loads(run(shared_interpreter, str(file), "--format", "json").output)
    wanted = {"path": str(file), "line": 2, "column": 8, "severity": "error", "code": "attribute"}
    assert wanted.items() <= found.items()
    assert isinstance(found["suggestions"], list)


def test_sarif_and_github(shared_interpreter: Interpreter, file: Path) -> None:
    sarif = json.loads(run(shared_interpreter, str(file), "--format", "sarif").output)
    (result,) = sarif["runs"][0]["results"]
    assert (result["ruleId"], result["level"]) == ("attribute", "error")
    line = run(shared_interpreter, str(file), "--format", "github").output
    assert line.startswith(f"::error file={file},line=2,col=8,")


def test_warnings_do_not_fail(shared_interpreter: Interpreter, file: Path) -> None:
    file.write_text("from shapes import Cube\ndef f(cube: Cube):\n    cube.rotate()\n")
    result = run(shared_interpreter, str(file))
    assert (result.exit_code, "warning[attribute]" in result.output) == (0, True)
    assert "nothing found" in run(shared_interpreter, str(file), "--severity", "error").output


def test_a_file_that_cannot_be_decoded_is_named_and_the_others_are_checked(
    shared_interpreter: Interpreter, file: Path
) -> None:
    (file.parent / "bad.py").write_bytes(b"name = '\xff'\n")
    (file.parent / "circle.py").write_text("class A(B): ...\nclass B(A): ...\nA().own.own\n")
    (file.parent / "long.py").write_text("".join(f"def f{i}(x): return x.y\n" for i in range(2000)))
    result = run(shared_interpreter, str(file.parent))
    lines = [line.rpartition("/")[2] for line in result.output.splitlines()]
    assert lines[0].startswith("app.py:2:8: error[attribute]")
    assert lines[1].startswith("bad.py:1:1: warning[unreadable]")
    assert lines[2] == "1 error and 1 warning in 4 files."
    assert result.exit_code == 1


def test_folders_are_walked_without_environments(shared_interpreter: Interpreter, file: Path) -> None:
    for folder in (".hidden", "env", "__pycache__"):
        (file.parent / folder).mkdir()
        (file.parent / folder / "x.py").write_text(SOURCE)
    (file.parent / "env" / "pyvenv.cfg").write_text("")
    assert run(shared_interpreter, str(file.parent)).output.count("error[") == 1


def test_index_reports_what_it_holds(shared_interpreter: Interpreter, index_folder: Path) -> None:
    result = CliRunner().invoke(index, ["--python", str(shared_interpreter.executable), "--json"])
    assert {"name": "shapes", "version": "1.0", "modules": 7} in json.loads(result.output)["distributions"]
