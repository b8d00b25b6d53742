"""`rlaif-train run`: all stages against a real endpoint that misbehaves, killed at random moments, and
mistakes."""

import json
import os
import random
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from click.testing import CliRunner

from callwright_grounding.errors import UserError
from callwright_plugins.fake_endpoint import FAULTS, FakeEndpoint
from callwright_training.cli import rlaif_train
from callwright_training.run.hashing import hash_paths
from callwright_training.run.pipeline import open_run
from callwright_training.run.run_file import find_run_file, installed_run_files, read_run_file

STAGES = ("sft", "feedback", "reward", "ppo", "export", "evaluate")
SMALL = """
name = "small"
seed = 3
threads = 1
records = ["records.jsonl"]
catalogue = "examples"

[sft]
base = "tiny"
full = true
epochs = 2
batch_size = 4
learning_rate = 4e-3
max_length = 96
held_out = 0.2
bf16 = false
save_steps = 3

[feedback]
judge = "openai"
samples = 3
max_tokens = 8

[feedback.options]
base_url = "{url}"
model = "m"
key_variable = ""
timeout = 2.0
pause = 0.01

[reward]
epochs = 1
batch_size = 8
lora_rank = 0
save_steps = 2
accept_chance = true

[ppo]
steps = 4
batch_size = 8
minibatches = 2
max_tokens = 8
lora_rank = 0
save_steps = 1

[export]
quantization = "fp32"
"""


@pytest.fixture(autouse=True)
def _only_built_ins(monkeypatch):
    monkeypatch.setenv("CALLWRIGHT_PLUGINS", "")


@pytest.fixture
def small(tmp_path):
    """Writes the small run file, changed as asked, beside its records."""
    tiny = installed_run_files()["tiny.toml"].with_name("tiny_records.jsonl")
    (tmp_path / "records.jsonl").write_bytes(tiny.read_bytes())

    def write(url="http://127.0.0.1:1/v1", **changes):
        text = SMALL.replace("{url}", url)
        for old, new in changes.values():
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "small.toml"
        path.write_text(text)
        return path

    return write


def command(path, out):
    return [Path(sys.executable).with_name("rlaif-train"), "run", path, "--out", out]


def verdict(question, text):
    return zlib.crc32((question + text.partition("Questions:")[0]).encode()) % 2 == 0


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_every_stage_runs_once_and_survives_kills(small, tmp_path):
    moments = random.Random(5)
    with FakeEndpoint(faults=(*FAULTS[:3], *FAULTS[4:], ""), answer=verdict) as endpoint:
        path = small(endpoint.url)
        whole, killed = tmp_path / "whole", tmp_path / "killed"
        started = time.monotonic()
        first = subprocess.run(command(path, whole), capture_output=True, text=True, check=True)
        seconds = time.monotonic() - started
        asked = endpoint.requests
        assert set(endpoint.paid.values()) == {1}
        again = subprocess.run(command(path, whole), capture_output=True, text=True, check=True)

        endpoint.paid.clear()
        kills = 0
        for _ in range(3):
            process = subprocess.Popen(
                command(path, killed), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            try:
                process.wait(moments.uniform(0.15, 0.9) * seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                kills += 1
            process.wait()
        subprocess.run(command(path, killed), capture_output=True, check=True)

    assert [line.partition(": ")[0] for line in first.stdout.splitlines()] == [*STAGES, "report"]
    assert again.stdout.count("done before, unchanged") == 6
    assert endpoint.requests >= asked
    labelled = json.loads((whole / "feedback" / "summary.json").read_text())
    assert labelled["labelled"] + labelled["unlabelled"] == labelled["samples"] > 0
    report = (whole / "report.html").read_text()
    assert report.count("<svg") >= 8
    assert "held-out records" in report

    assert kills
    for stage, result in (("sft", "model"), ("reward", "reward.safetensors"), ("ppo", "model")):
        assert hash_paths([whole / stage / result]) == hash_paths([killed / stage / result]), stage
    # A kill loses at most the answers that were under way: eight pairs of eight questions each time.
    assert sum(count - 1 for count in endpoint.paid.values()) <= kills * 8 * 8


def test_the_installed_run_files_are_found():
    assert list(installed_run_files()) == [
        "paper.toml",
        "smollm2-135m-lines.toml",
        "smollm2-135m.toml",
        "tiny.toml",
    ]
    for name, path in installed_run_files().items():
        assert find_run_file(name) == find_run_file(read_run_file(path).name) == path


def check(name, out):
    result = CliRunner().invoke(rlaif_train, ["run", name, "--check", "--out", str(out)])
    if result.exception:
        raise result.exception
    assert not out.exists()
    return dict(line.split(": ", 1) for line in result.stdout.splitlines())


def test_what_tiny_would_do(tmp_path):
    told = check("tiny.toml", tmp_path / "out")
    assert list(told) == list(STAGES)
    assert told["sft"].startswith("every weight of tiny")
    assert "judged by 'program' by 8 questions" in told["feedback"]


@pytest.mark.gorilla
@pytest.mark.parametrize(
    ("name", "base", "judge"),
    [
        ("smollm2-135m.toml", "and a retriever", "'execution' by 3 questions"),
        ("smollm2-135m-lines.toml", "smollm2-135m (SmolLM2", "'execution' by 7 questions"),
        ("paper.toml", "gpt2-large (from the hub", "'openai' by 8 questions"),
    ],
)
def test_what_the_large_ones_would_do(gorilla, bare_environment, monkeypatch, tmp_path, name, base, judge):
    """Records, catalogue, split, base, judge and questions, all as a run would find them."""
    bare_environment("2024")  # what is not prepared is a line of its own
    monkeypatch.setenv("CALLWRIGHT_DATA", str(gorilla.parent))
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    told = check(name, tmp_path / "out")
    assert list(told) == list(STAGES)
    assert base in told["sft"]
    assert judge in told["feedback"]
    assert told["evaluate"].startswith("61 held-out records")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"a": ('"tiny"', '"{here}"')}, "is a folder without config.json and safetensors"),
        ({"a": ('judge = "openai"', 'judge = "openai"\nform = "script"')}, "the model learns 'call' only"),
        (
            {"a": ("batch_size = 8\nminibatches = 2", "batch_size = 9\nminibatches = 2")},
            "batch_size = 9 cannot",
        ),
        ({"a": ('key_variable = ""', 'key_variable = "NO_SUCH_KEY"')}, "$NO_SUCH_KEY, which"),
        ({"a": ("held_out = 0.2", "held_out = 0.0")}, "evaluate: no record is held out"),
    ],
)
def test_a_check_finds_what_would_stop_a_stage(small, tmp_path, changes, message):
    old, new = changes["a"]
    path = small(a=(old, new.replace("{here}", str(tmp_path))))
    with pytest.raises(UserError) as error:
        check(str(path), tmp_path / "out")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"a": ("[ppo]", "[ppo]\nkl_coeficient = 1")},
            "small.toml: ppo.kl_coeficient: Extra inputs are not permitted",
        ),
        ({"a": ("steps = 4", "steps = 0")}, "small.toml: ppo.steps: Input should be greater than 0"),
        ({"a": ("seed = 3", "seed = ")}, "small.toml: not TOML"),
        ({"a": ('judge = "openai"', 'judge = "orcale"')}, "there is no judge 'orcale'; there are: "),
        ({"a": ('model = "m"', 'modell = "m"')}, "judge 'openai': model: Field required"),
        ({"a": ("samples = 3", 'samples = 3\nquestions = "papre"')}, "there is no question set 'papre'"),
        ({"a": ('"examples"', '"nothing.jsonl"')}, "there is no catalogue"),
        ({"a": ('["records.jsonl"]', '["none.jsonl"]')}, "none.jsonl: cannot read the file"),
        ({"a": ('["records.jsonl"]', "[]")}, "small.toml: records: Tuple should have at least 1 item"),
        ({"a": ("threads = 1", 'plugins = ["none.py"]')}, "plugin 'none' cannot be loaded"),
    ],
)
def test_a_mistake_is_one_line_before_anything_runs(small, tmp_path, changes, message):
    with pytest.raises(UserError) as error:
        open_run(small(**changes), tmp_path / "out")
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out" / "sft").exists()


def test_an_unknown_run_file_names_those_that_are_installed():
    result = CliRunner().invoke(rlaif_train, ["run", "tiney.toml"])
    assert "tiney.toml: there is no such run file; give a path, or one of: paper.toml" in str(
        result.exception
    )


def test_an_empty_data_set_is_said(small, tmp_path):
    path = small()
    (tmp_path / "records.jsonl").write_text("")
    with pytest.raises(UserError, match="there is no record in it"):
        open_run(path, tmp_path / "out")


@pytest.mark.slow
def test_the_exit_code_of_a_mistake_is_two(small, tmp_path):
    path = small(a=("steps = 4", "stepps = 4"))
    result = subprocess.run(command(path, tmp_path / "out"), capture_output=True, text=True, env=os.environ)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
