import json
import re

import pytest
from click.testing import CliRunner

from callwright_training.cli import rlaif_train
from callwright_training.errors import RunFileError, StageError
from callwright_training.records import read_records


@pytest.fixture
def arguments(small_records, harbour_api, tmp_path):
    return [
        "crossvalidate",
        *("--records", str(small_records / "harbour_eval.json")),
        *("--catalogue", str(harbour_api)),
        *("--out", str(tmp_path / "folds")),
        *("--splits", "2", "--quick", "--threads", "1", "--seed", "1"),
        *("--candidates", "2", "--negatives", "4", "--json"),
    ]


def test_every_record_is_predicted_once_by_what_never_saw_it(arguments, small_records, tmp_path):
    answer = CliRunner().invoke(rlaif_train, [*arguments, "--retriever-only"], catch_exceptions=False)

    figures = json.loads(answer.stdout)
    records = read_records(small_records / "harbour_eval.json").records
    lines = [
        json.loads(line)
        for path in sorted((tmp_path / "folds").glob("fold-*/predictions.jsonl"))
        for line in path.read_text().splitlines()
    ]
    assert sorted(line["record"] for line in lines) == sorted(record.id for record in records)
    assert figures["systems"]["chosen"]["n"] == len(records)
    assert figures["systems"]["chosen"]["invented_ids"] == 0
    assert figures["recall"]["exact_call@20"] >= figures["recall"]["exact_call@1"]


@pytest.mark.slow
def test_the_language_model_is_tuned_calibrated_and_compared(arguments, small_records, tmp_path):
    records = read_records(small_records / "harbour_eval.json").records
    responses = tmp_path / "parrot.jsonl"
    lines = [{"question_id": record.question_id, "call": record.call} for record in records[:6]]
    responses.write_text("".join(json.dumps(line) + "\n" for line in lines))

    first = CliRunner().invoke(
        rlaif_train, [*arguments, "--responses", str(responses)], catch_exceptions=False
    )
    again = CliRunner().invoke(
        rlaif_train, [*arguments, "--responses", str(responses)], catch_exceptions=False
    )

    figures = json.loads(first.stdout)
    assert json.loads(again.stdout) == figures
    assert figures["systems"]["parrot"]["exact_call"] == 100
    assert {system["n"] for system in figures["systems"].values()} == {6}
    weights = json.loads((tmp_path / "folds" / "choice.json").read_text())["choice"]
    assert weights["language_model"] > 0


FEEDBACK = """
name = "choices"
records = ["{records}"]
catalogue = "{catalogue}"

[sft]
base = "tiny"

[choice]
encoder = "tiny"

[feedback]
form = "choice"
questions = "checked"

[ppo]
reward = "judge"
steps = 30
batch_size = 4
minibatches = 1
epochs = 1
learning_rate = 0.3
kl_coefficient = 0.0
"""


def test_every_folds_choice_can_be_taught_by_feedback(arguments, small_records, harbour_api, tmp_path):
    """A second call of each domain, that no record names: the judge says which of the two is right."""
    catalogue = tmp_path / "harbour_api.jsonl"
    lines = harbour_api.read_text().splitlines(keepends=True)
    catalogue.write_text("".join([*(line.replace("acme/", "acme/old-") for line in lines), *lines]))
    file = tmp_path / "run.toml"
    told = FEEDBACK.format(records=small_records / "harbour_eval.json", catalogue=catalogue)
    file.write_text(told)
    asked = [*arguments, "--retriever-only", "--catalogue", str(catalogue)]
    plain = CliRunner().invoke(rlaif_train, asked, catch_exceptions=False)
    taught = CliRunner().invoke(rlaif_train, [*asked, "--feedback", str(file)], catch_exceptions=False)

    before, after = (json.loads(answer.stdout)["systems"]["chosen"] for answer in (plain, taught))
    assert before["n"] == after["n"]
    folds = sorted((tmp_path / "folds").glob("fold-*"))
    assert all((fold / "feedback" / "bias.safetensors").is_file() for fold in folds)
    pairs = [
        [(fold / place / "predictions.jsonl").read_text() for place in (".", "feedback")] for fold in folds
    ]
    assert all(one != other for one, other in pairs)

    for change, said in (("steps = 31", "other settings"), ('form = "call"', "form = 'choice'")):
        name = change.split()[0]
        file.write_text(re.sub(rf"^{name} = .*$", change, told, flags=re.MULTILINE))
        with pytest.raises((StageError, RunFileError), match=said):
            CliRunner().invoke(rlaif_train, [*asked, "--feedback", str(file)], catch_exceptions=False)
