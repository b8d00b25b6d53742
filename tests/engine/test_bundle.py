import json
import shutil

import pytest

from callwright_server.bundle import Bundle, describe_file, find_bundle, installed_bundles
from callwright_server.errors import BundleError


@pytest.fixture
def copy(tiny_bundle, tmp_path, monkeypatch):
    """A bundle that may be damaged, installed under the name ``default``."""
    monkeypatch.setenv("CALLWRIGHT_HOME", str(tmp_path))
    folder = tmp_path / "bundles" / "default"
    shutil.copytree(tiny_bundle.path, folder)
    return folder


def edit_manifest(folder, **changes):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_an_installed_bundle_is_found_by_name_and_by_path(copy):
    assert list(installed_bundles()) == [copy]
    for name in (None, "default", copy, str(copy)):
        assert find_bundle(name).path == copy
    assert len(find_bundle().catalogue) == 5
    assert find_bundle().tokenizer.encode("import").ids


@pytest.mark.parametrize("name", ["model.onnx", "model.onnx.data", "tokenizer.json", "catalogue.jsonl"])
def test_damage_is_named_with_the_way_out(copy, name):
    whole = (copy / name).read_bytes()
    altered = whole[:40] + bytes([whole[40] ^ 1]) + whole[41:]
    for content, word in ((whole[:-1], "truncated"), (altered, "altered"), (whole + b"x", "altered")):
        (copy / name).write_bytes(content)
        with pytest.raises(BundleError, match=rf"{name}: {word}.*rlaif-train export"):
            Bundle.open(copy)
    (copy / name).unlink()
    with pytest.raises(BundleError, match=rf"{name}: missing"):
        Bundle.open(copy)
    (copy / name).write_bytes(whole)
    assert Bundle.open(copy).name == "tiny-int8"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format_version": 99}, "bundle format 99"),
        ({"prompt_version": 99}, "prompt format 99"),
        ({"files": {}}, "names no model.onnx"),
        ({"quantization": "int3"}, "quantization"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(copy, changes, message):
    edit_manifest(copy, **changes)
    with pytest.raises(BundleError, match=message):
        Bundle.open(copy)


def test_a_manifest_cannot_point_outside_the_bundle(copy):
    files = json.loads((copy / "manifest.json").read_text())["files"]
    outside = describe_file(copy / "catalogue.jsonl").model_dump()
    edit_manifest(copy, files=files | {"../catalogue.jsonl": outside})
    with pytest.raises(BundleError, match="outside"):
        Bundle.open(copy)


def test_a_broken_manifest_is_one_line(copy):
    for content in (b"", b"{", b"[]", b"\xff\xfe"):
        (copy / "manifest.json").write_bytes(content)
        with pytest.raises(BundleError) as caught:
            Bundle.open(copy)
        assert "\n" not in str(caught.value)


def test_no_bundle_says_what_to_type(tmp_path, monkeypatch):
    monkeypatch.setenv("CALLWRIGHT_HOME", str(tmp_path))
    with pytest.raises(BundleError, match="rlaif-train export --default"):
        find_bundle()
    with pytest.raises(BundleError, match="callwright bundle list"):
        find_bundle("other")
    with pytest.raises(BundleError, match="no bundle here"):
        find_bundle(tmp_path)
