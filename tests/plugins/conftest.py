"""What the plugins' tests share."""

import pytest

from callwright_plugins import Pair
from callwright_plugins.manager import Plugins


@pytest.fixture(autouse=True)
def _only_built_ins(monkeypatch):
    monkeypatch.setenv("CALLWRIGHT_PLUGINS", "")


@pytest.fixture
def questions():
    return Plugins().question_set("paper")


@pytest.fixture
def pairs():
    """Distinct pairs, as many as asked for."""
    return lambda count: [
        Pair(id=str(n), instruction=f"Print {n}.", completion=f"print({n})\n") for n in range(count)
    ]
