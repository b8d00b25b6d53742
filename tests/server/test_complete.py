import json

import pytest
from click.testing import CliRunner

from callwright_server.cli import callwright
from callwright_server.commands.complete import complete
from callwright_server.errors import BundleError, PositionError
from callwright_server.suggest.place import read_place

TASK = "from transformers import pipeline\n# Natural language fill-mask\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "app.py"
    path.write_bytes(f"{TASK}é😀 = 1\r\n".encode())
    return path


def test_what_would_be_suggested(file, bundle_path):
    place = f"{file}:3:1"
    file.write_text(TASK)
    result = CliRunner().invoke(callwright, ["complete", place, "--bundle", str(bundle_path)])
    assert result.output.startswith("pipe = pipeline('fill-mask', model='org/base-uncased')\n")
    result = CliRunner().invoke(callwright, ["complete", place, "--bundle", str(bundle_path), "--json"])
    found = json.loads(result.stdout)
    first = found["suggestions"][0]
    assert first["api"] == "pipeline('fill-mask', model='org/base-uncased')"
    assert first["start"] == first["end"] == {"line": 3, "column": 1}
    assert (found["reason"], found["latency_ms"] > 0) == ("", True)


def test_silence_is_explained(file, bundle_path):
    result = CliRunner().invoke(callwright, ["complete", f"{file}:2:5", "--bundle", str(bundle_path)])
    assert (result.exit_code, result.stdout) == (0, "")
    assert "Nothing is shown: the cursor is inside a comment." in result.stderr


@pytest.mark.parametrize(
    ("line", "column", "before"), [(3, 1, ""), (3, 3, "é😀"), (3, 7, "é😀 = 1"), (4, 1, "")]
)
def test_columns_count_characters(file, line, column, before):
    _, document, offset = read_place(f"{file}:{line}:{column}")
    assert document.text[:offset].rpartition("\n")[2] == before


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("{}", "is not FILE:LINE:COLUMN"),
        ("{}:x:1", "is not FILE:LINE:COLUMN"),
        ("{}:9:1", "lines go from 1 to 4"),
        ("{}:0:1", "there is no line 0"),
        ("{}:3:8", "columns go from 1 to 7"),
        ("{}:3:0", "there is no column 0"),
        ("{}/no.py:1:1", "no.py"),
    ],
)
def test_a_place_that_is_none_is_explained(file, place, why):
    with pytest.raises(PositionError, match=why):
        complete.main([place.format(file)], standalone_mode=False)


def test_other_encodings_are_explained(tmp_path):
    (tmp_path / "latin.py").write_bytes(b"# \xe9\n")
    with pytest.raises(PositionError, match="not UTF-8"):
        read_place(f"{tmp_path / 'latin.py'}:1:1")


def test_a_missing_bundle_is_explained(file, tmp_path):
    with pytest.raises(BundleError, match="no bundle"):
        complete.main([f"{file}:1:1", "--bundle", str(tmp_path)], standalone_mode=False)
