import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from callwright_training.checkpoints import save_checkpoint
from callwright_training.ppo import updates
from callwright_training.ppo.stage import PPORequest, run_ppo

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="session")
def small_records() -> Path:
    """Record files of ours in each of APIBench's forms."""
    return DATA / "records"


@pytest.fixture(scope="session")
def harbour_api() -> Path:
    """A catalogue file of ours in the form of Gorilla's."""
    return DATA / "catalogue" / "harbour_api.jsonl"


@pytest.fixture(scope="session")
def gorilla() -> Path:
    """Folder of Gorilla's own files; skips where they are not."""
    data = os.environ.get("CALLWRIGHT_DATA") or Path(__file__).parents[3] / "shared" / "data"
    folder = Path(data) / "gorilla"
    if not folder.is_dir():
        pytest.skip("Gorilla's files are not here (CALLWRIGHT_DATA)")
    return folder


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """So small a model as `tiny` is slowed down by more, most of all on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def run_with_kills(monkeypatch: pytest.MonkeyPatch) -> Callable[[PPORequest], None]:
    """Runs PPO to its end, stopped after its first update and after its second."""

    def run(request: PPORequest) -> None:
        saved = 0

        def save_and_die(*arguments: object) -> None:
            nonlocal saved
            save_checkpoint(*arguments)
            saved += 1
            if saved in (1, 2):
                raise KeyboardInterrupt

        monkeypatch.setattr(updates, "save_checkpoint", save_and_die)
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                run_ppo(request, lambda what, done: None)
        run_ppo(request, lambda what, done: None)

    return run
