"""``rlaif-train compare --systems``: a line-up evaluated and set side by side by one command."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from callwright_grounding.errors import UserError
from callwright_training.cli import rlaif_train
from callwright_training.evaluation.line_up import installed_line_ups, read_line_up

LINE_UP = """
records = "records.jsonl"
catalogue = "api.jsonl"
metrics = "calls"

[[systems]]
name = "Theirs | 7B"
responses = "answers.jsonl"

[[systems]]
name = "BM25"
baseline = "bm25"
"""


@pytest.fixture
def folder(tmp_path):
    calls = {"vit": "Vision", "bert": "Language", "wav": "Sound"}
    apis = [
        {
            "domain": domain,
            "api_name": f"org/{name}",
            "api_call": f"AutoModel.from_pretrained('org/{name}')",
            "description": f"{domain} model {name}",
            "example_code": "from transformers import AutoModel",
        }
        for name, domain in calls.items()
    ]
    rows = [
        {"instruction": f"A {domain} model.", "api_call": api["api_call"], "domain": domain}
        for domain, api in zip(calls.values(), apis, strict=True)
    ]
    answers = [
        {"question_id": n, "text": "<<<api_call>>>: AutoModel.from_pretrained('org/none')"} for n in (1, 2, 3)
    ]
    for name, values in {"api": apis, "records": rows, "answers": answers}.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(value) + "\n" for value in values))
    (tmp_path / "line_up.toml").write_text(LINE_UP)
    return tmp_path


@pytest.fixture
def compare(folder):
    def run(*options):
        arguments = ["compare", "--systems", folder / "line_up.toml", "--out", folder / "out", *options]
        result = CliRunner().invoke(rlaif_train, [*map(str, arguments)], standalone_mode=False)
        if result.exception:
            raise result.exception
        return result.stdout

    return run


def test_one_command_evaluates_all_and_writes_a_row_for_each(compare, folder):
    table = folder / "table.md"
    found = json.loads(compare("--markdown", table, "--json", "-"))

    assert [(one["name"], one["api_match"], one["invented_ids"]) for one in found["systems"]] == [
        ("Theirs | 7B", 0, 100),
        ("BM25", 100, 0),
    ]
    head, _, theirs, ours, _, note = table.read_text().splitlines()
    assert head == "| system | right API | exact call | invented ids ↓ | ms |"
    assert theirs == "| Theirs \\| 7B | 0.0 | 0.0 | 100.0 | - |"
    assert ours.startswith("| BM25 | 100.0 | 100.0 | 0.0 | ")
    assert note.startswith("3 questions")
    assert note.endswith(f"`, {datetime.now(UTC):%Y-%m-%d}.")


def test_what_was_evaluated_is_not_asked_again(compare, folder):
    compare()
    answers = (folder / "out/bm25/answers.jsonl").read_bytes()
    compare()
    assert (folder / "out/bm25/answers.jsonl").read_bytes() == answers


@pytest.mark.slow
def test_any_adapter_takes_part_as_it_would_be_served(compare, folder, monkeypatch):
    """But for the retriever, which takes a minute to build."""
    from peft import LoraConfig, get_peft_model

    from callwright_training.bases import load_base
    from callwright_training.sft.adapter import save

    monkeypatch.setattr("callwright_training.export.default.standard_extras", lambda adapter: ())
    base = load_base("tiny")
    save(get_peft_model(base.model, LoraConfig(target_modules="all-linear")), base, folder / "adapter")
    found = json.loads(compare("--adapter", f"Ours={folder / 'adapter'}", "--json", "-"))

    assert [one["name"] for one in found["systems"]] == ["Ours", "Theirs | 7B", "BM25"]
    assert found["systems"][0]["system"]["kind"] == "bundle"
    assert found["systems"][0]["latency_ms"]["median"] > 0
    assert found["systems"][0]["invented_ids"] == 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('baseline = "bm25"', "", "'BM25': give exactly one of adapter, bundle"),
        ('baseline = "bm25"', 'baseline = "bm25"\nmodel = "tiny"', "'BM25': give exactly one of"),
        ('"records.jsonl"', '"$CALLWRIGHT_DATA/records.jsonl"', "set CALLWRIGHT_DATA"),
        ("[[systems]]", "[[systems", "cannot be read as TOML"),
        ('metrics = "calls"', "speed = 1", "speed"),
    ],
)
def test_a_wrong_line_up_is_told_in_one_line(compare, folder, monkeypatch, old, new, said):
    monkeypatch.delenv("CALLWRIGHT_DATA", raising=False)
    (folder / "line_up.toml").write_text(LINE_UP.replace(old, new))
    with pytest.raises(UserError) as raised:
        compare()
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_installed_line_up_names_every_system_of_the_table(monkeypatch):
    monkeypatch.setenv("CALLWRIGHT_DATA", "/data")
    kinds = {kind for system in read_line_up("apibench").systems for kind in system.model_fields_set}
    assert {"adapter", "model", "baseline", "responses"} <= kinds
    assert Path(read_line_up("apibench").records).is_absolute()
    assert list(installed_line_ups()) == ["apibench"]
