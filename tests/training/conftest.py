import os
from pathlib import Path

import pytest

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
