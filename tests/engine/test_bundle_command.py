import json
import shutil

import pytest
from click.testing import CliRunner

from callwright_server.commands.bundle import bundle
from callwright_server.errors import BundleError


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("CALLWRIGHT_HOME", str(tmp_path))

    def run(*arguments):
        result = CliRunner().invoke(bundle, arguments)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.stdout

    return run


def test_an_empty_home_says_what_to_type(run):
    assert "rlaif-train export --default" in run("list")
    assert json.loads(run("list", "--json")) == []


def test_bundles_are_listed_shown_and_verified(run, tmp_path, tiny_bundle):
    installed = tmp_path / "bundles" / "default"
    shutil.copytree(tiny_bundle.path, installed)
    assert json.loads(run("list", "--json"))[0]["base"] == "tiny"
    assert "tiny, untuned, int8" in run("show")
    assert json.loads(run("show", "--json"))["architecture"]["family"] == "llama"
    assert "all as exported" in run("verify")

    weights = installed / "model.onnx.data"
    content, status = weights.read_bytes(), weights.stat()
    weights.write_bytes(content[:-1] + b"?")
    with pytest.raises(BundleError, match="altered"):
        run("verify", "default")
    (installed / "manifest.json").write_text("{}")
    assert "cannot be used" in run("list")
    assert status.st_size == weights.stat().st_size


@pytest.mark.slow
def test_bench_measures_in_another_process_and_recommends(run, tmp_path, tiny_bundle):
    shutil.copytree(tiny_bundle.path, tmp_path / "bundles" / "default")
    report = json.loads(run("bench", "--json"))
    [row] = report["bundles"]
    assert report["recommended"] == row["name"] == "tiny-int8"
    assert row["append_ms"] > 0
    assert 0 < row["best_token_ms"] <= row["token_ms"]
    assert 0 < row["share"] < 1
    assert row["memory_mb"] > 30
