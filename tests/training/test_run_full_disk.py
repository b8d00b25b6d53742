"""A disk that is full in any stage: one line, nothing lost, and the run goes on when there is room."""

import resource
from contextlib import contextmanager

import pytest

from callwright_grounding.errors import UserError
from callwright_training.files import no_room, write_whole
from callwright_training.run.hashing import hash_paths
from callwright_training.run.pipeline import open_run, run_all
from callwright_training.run.run_file import installed_run_files

STAGES = {"sft": "model", "feedback": "labels.jsonl", "reward": "reward.safetensors", "ppo": "model"}


@contextmanager
def room_for(size):
    """No file may grow beyond so many bytes: what a full disk is, without one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.slow
def test_every_stage_says_so_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.setenv("CALLWRIGHT_PLUGINS", "")
    tiny = installed_run_files()["tiny.toml"]
    text = tiny.read_text()
    assert "steps = 12" in text
    text = text.replace("steps = 12", "steps = 2")
    (tmp_path / "run.toml").write_text(text)
    (tmp_path / "tiny_records.jsonl").write_bytes(tiny.with_name("tiny_records.jsonl").read_bytes())
    whole, full = (open_run(tmp_path / "run.toml", tmp_path / name) for name in ("whole", "full"))
    run_all(whole, lambda line: None, "ppo")

    for stage, result in STAGES.items():
        with room_for(10_000), pytest.raises(UserError) as error:
            run_all(full, lambda line: None, stage)
        assert f"{full.folder(stage)}: " in str(error.value)
        assert str(error.value).endswith("; make room and run again to go on")
        assert "\n" not in str(error.value)
        run_all(full, lambda line: None, stage)
        assert hash_paths([full.folder(stage) / result]) == hash_paths([whole.folder(stage) / result]), stage


def test_a_file_is_whole_or_as_it_was(tmp_path):
    place = tmp_path / "told.json"
    write_whole(place, "before")
    with room_for(1000), pytest.raises(OSError, match="too large") as error:
        write_whole(place, "x" * 5000)
    assert place.read_text() == "before"
    assert no_room(error.value) == "File too large"


def test_other_errors_are_not_taken_for_it():
    assert no_room(FileNotFoundError(2, "No such file or directory")) is None
    assert no_room(RuntimeError("shapes do not fit")) is None
    told = RuntimeError("I/O error: No space left on device (os error 28)")
    assert no_room(told) == str(told)


def test_a_single_command_says_it_too(tmp_path, monkeypatch):
    from callwright_training import cli

    def full(*arguments, **more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli, "run", full)
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 2
