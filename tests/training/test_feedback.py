"""The stage `feedback`, through its command, on a tiny real model."""

import json
import os
import signal
import subprocess
import sys
import time
import zlib
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from callwright_plugins.fake_endpoint import FAULTS, FakeEndpoint
from callwright_training.cli import rlaif_train
from callwright_training.errors import TrainingError, UserError
from callwright_training.feedback.agreement import agreement
from callwright_training.feedback.labels import Labelled, preference, threshold_at

RECORDS = [
    ("Sum up an article.", "pipeline('summarization', model='facebook/bart-large-cnn')"),
    ("Fill the gap.", "pipeline('fill-mask', model='bert-base-uncased')"),
    ("Write on.", "pipeline('text-generation', model='gpt2')"),
]


@pytest.fixture(autouse=True)
def _only_built_ins(monkeypatch):
    monkeypatch.setenv("CALLWRIGHT_PLUGINS", "")


@pytest.fixture
def records(tmp_path):
    path = tmp_path / "records.jsonl"
    rows = [{"instruction": text, "api_call": call, "domain": "Text"} for text, call in RECORDS]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def feedback(records):
    def run(out, *options, max_tokens=6):
        arguments = ["feedback", "--base", "tiny", "--records", records, "--out", out, "--json"]
        arguments += ["--max-tokens", max_tokens, "--catalogue", "examples", *options]
        result = CliRunner().invoke(rlaif_train, [str(item) for item in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return json.loads(result.stdout)

    return run


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def endpoint_options(endpoint):
    told = {"base_url": endpoint.url, "model": "m", "key_variable": '""', "timeout": 0.6, "pause": 0.01}
    return [
        "--judge",
        "openai",
        *(part for item in told.items() for part in ("--option", "=".join(map(str, item)))),
    ]


def test_a_misbehaving_endpoint_leaves_no_pair_unaccounted_for(feedback, tmp_path):
    out = tmp_path / "out"
    with FakeEndpoint(
        faults=(*FAULTS, ""), answer=lambda question, text: zlib.crc32((question + text).encode()) % 2 == 0
    ) as endpoint:
        summary = feedback(out, *endpoint_options(endpoint))
        assert feedback(out, *endpoint_options(endpoint))["histogram"] == summary["histogram"]

    assert summary["labelled"] == summary["samples"] == 12
    assert sum(summary["histogram"].values()) == 12
    assert set(endpoint.paid.values()) == {1}
    labels = lines(out / "labels.jsonl")
    assert [row["sample"]["id"] for row in labels] == [row["id"] for row in labels]
    assert sum(row["accepted"] for row in labels) == summary["accepted"]
    assert all(row["accepted"] == (row["score"] >= summary["threshold"]) for row in labels)


def test_pairs_without_a_label_are_listed_with_the_reason(feedback, tmp_path):
    spoil = lambda text: "not json" if "Fill the gap" in text else None  # noqa: E731
    with FakeEndpoint(always=spoil) as endpoint:
        summary = feedback(tmp_path / "out", *endpoint_options(endpoint))

    assert (summary["labelled"], summary["unlabelled"]) == (8, 4)
    assert {row["reason"] for row in lines(tmp_path / "out" / "unlabelled.jsonl")} == set(
        summary["unlabelled_reasons"]
    )


@pytest.mark.slow
def test_the_result_does_not_depend_on_workers_or_batches(feedback, tmp_path):
    feedback(tmp_path / "one")
    feedback(tmp_path / "two", "--workers", 2)  # samples and judges
    feedback(tmp_path / "more", "--samples", 6)

    one, two, more = ((tmp_path / name / "labels.jsonl").read_text() for name in ("one", "two", "more"))
    assert one == two
    shared = {row["id"]: row for row in map(json.loads, more.splitlines())}
    assert all(shared[row["id"]]["sample"] == row["sample"] for row in map(json.loads, one.splitlines()))


@pytest.mark.slow
def test_a_ray_cluster_gives_the_same(feedback, tmp_path, monkeypatch):
    """Two workers of a local cluster; `pip install 'callwright[ray]'` for this test to run."""
    ray = pytest.importorskip("ray", reason="RAY IS NOT INSTALLED: sampling and judging on Ray is NOT tested")
    monkeypatch.setenv("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    feedback(tmp_path / "one")
    try:
        feedback(tmp_path / "ray", "--workers", 2, "--ray", "local")
    finally:
        ray.shutdown()
    assert (tmp_path / "ray" / "labels.jsonl").read_text() == (tmp_path / "one" / "labels.jsonl").read_text()


@pytest.mark.slow
def test_a_killed_run_goes_on_and_ends_the_same(feedback, records, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    feedback(whole, "--samples", 3, max_tokens=40)
    command = [
        Path(sys.executable).with_name("rlaif-train"),
        "feedback",
        "--base",
        "tiny",
        "--records",
        records,
    ]
    command += ["--out", killed, "--max-tokens", "40", "--catalogue", "examples", "--samples", "3"]
    process = subprocess.Popen(command, env=os.environ, stderr=subprocess.DEVNULL)
    while not (killed / "samples.jsonl").is_file():
        time.sleep(0.01)
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    with (killed / "samples.jsonl").open("a") as torn:
        torn.write('{"id": "half a li')

    feedback(killed, "--samples", 3, max_tokens=40)
    assert (killed / "labels.jsonl").read_bytes() == (whole / "labels.jsonl").read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--judge", "orcale"], "there is no judge 'orcale'; there are: program, openai, ensemble, local"),
        (["--questions", "papre"], "there is no question set 'papre'"),
        (["--catalogue", "nothing"], "there is no catalogue 'nothing'"),
        (["--judge", "openai"], "judge 'openai': base_url: Field required (and 1 more)"),
        (
            ["--judge", "openai", "--option", "base_url=http://x/v1", "--option", "model=m"],
            "$OPENAI_API_KEY, which",
        ),
        (["--temperature", 0], "feedback: temperature 0 draws the same completion every time"),
        pytest.param(
            ["--ray", "auto"],
            "sampling on a cluster needs Ray: pip install 'callwright[ray]'",
            marks=pytest.mark.skipif(find_spec("ray") is not None, reason="Ray is installed"),
        ),
    ],
)
def test_a_mistake_is_one_line(feedback, tmp_path, monkeypatch, options, message):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(UserError) as error:
        feedback(tmp_path / "out", *options)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_no_record_is_said(feedback, records, tmp_path):
    records.write_text("")
    with pytest.raises(TrainingError, match="there is no record in it"):
        feedback(tmp_path / "out")


@given(st.dictionaries(st.integers(0, 8), st.integers(1, 50), min_size=2), st.floats(0, 1))
def test_a_threshold_by_quantile_leaves_neither_side_empty(counts, quantile):
    counts = dict(sorted(counts.items()))
    threshold = threshold_at(counts, quantile)
    assert min(counts) < threshold <= max(counts)


def test_kappa_by_hand():
    # Cohen's own kind of table: 20 both yes, 15 both no, 5 and 10 split; p_o = 0.7, p_e = 0.5.
    pairs = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    found = agreement(pairs)
    assert (found.both, found.same, round(found.kappa, 3)) == (50, 35, 0.4)
    assert found.low < 0.4 < found.high


def test_preference_pairs_never_hold_the_same_text_twice():
    rows = [
        Labelled("p", "a", 8, True),
        Labelled("p", "b", 1, False),
        Labelled("p", "b", 1, False),
        Labelled("q", "c", 8, True),
    ]
    assert list(preference(rows)) == [{"prompt": "p", "chosen": "a", "rejected": "b"}]


def test_judges_are_compared_with_each_other_and_with_hand_labels(tmp_path):
    codes = ["x = 1\n", "def (\n", "print(y)\n", "import os\n"]
    rows = [{"instruction": "Do.", "completion": code, "label": code != "def (\n"} for code in codes]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with FakeEndpoint(answer=lambda question, text: "def (" not in text) as endpoint:
        (tmp_path / "j.toml").write_text(
            f'judge = "openai"\n[options]\nbase_url = "{endpoint.url}"\nmodel = "m"\nkey_variable = ""\n'
        )
        arguments = ["judge", "compare", "program", tmp_path / "j.toml", "--samples", tmp_path / "rows.jsonl"]
        arguments += ["--out", tmp_path / "out", "--json"]
        result = CliRunner().invoke(rlaif_train, [str(item) for item in arguments], catch_exceptions=False)

    told = json.loads(result.stdout)
    assert told["table"]["syntax"] == {"both": 4, "same": 4, "kappa": 1.0, "low": 1.0, "high": 1.0}
    assert [one["both"] for one in told["hand"]] == [2, 4]  # `program` tells too little of two
    assert told["hand"][1]["kappa"] == 1.0


def test_the_local_judge_answers_by_log_odds(tmp_path):
    from callwright_plugins import Pair
    from callwright_plugins.manager import Plugins
    from callwright_plugins.testing import judge_now

    plugins = Plugins()
    pair = Pair(id="1", instruction="Greet.", completion="print('hello')\n")
    [told] = judge_now(
        plugins.judge("local", {"model": "tiny"}), [pair], plugins.question_set("paper"), tmp_path
    )
    assert told.unlabelled is None
    assert all(answer.yes is not None and 0.5 <= answer.confidence <= 1 for answer in told.answers.values())
