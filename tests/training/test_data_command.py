import json

import pytest
from click.testing import CliRunner

from callwright_grounding.catalogue import Catalogue
from callwright_training.cli import rlaif_train
from callwright_training.errors import RecordsError


def run(*arguments):
    return CliRunner().invoke(rlaif_train, ["data", *map(str, arguments)], catch_exceptions=False)


def test_counts_by_file_and_domain_and_skipped_lines(small_records, tmp_path):
    (tmp_path / "broken.jsonl").write_text("{\n")

    result = run(small_records / "harbour_eval.json", tmp_path / "broken.jsonl")

    assert "harbour_eval.json: 10 records, 10 domains, 0 skipped (code: 1 shell_lines" in result.output
    assert "skipped broken.jsonl:1: not JSON" in result.output


def test_json_and_a_written_catalogue_without_calls_that_are_no_python(harbour_api, tmp_path):
    result = run(harbour_api, "--catalogue", tmp_path / "out" / "catalogue.jsonl", "--json")

    report = json.loads(result.stdout)
    assert report["files"][0]["read"] == 12
    catalogue = Catalogue.load(tmp_path / "out" / "catalogue.jsonl")
    assert report["catalogue"]["entries"] == len(catalogue) == 11
    assert report["catalogue"]["version"] == catalogue.version


def test_without_files_the_variable_is_named(monkeypatch):
    monkeypatch.delenv("CALLWRIGHT_DATA", raising=False)
    with pytest.raises(RecordsError, match="CALLWRIGHT_DATA"):
        run()


def test_an_empty_catalogue_is_not_written(small_records, tmp_path):
    with pytest.raises(RecordsError, match="no catalogue entry was read"):
        run(small_records / "team.jsonl", "--catalogue", tmp_path / "catalogue.jsonl")
    assert not (tmp_path / "catalogue.jsonl").exists()
