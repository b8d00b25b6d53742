"""What is made or measured in a real VS Code on request: `make picture`, `make bench-editor`.

Not collected with the tests: figures need a quiet machine, and the picture the default bundle.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from callwright_server.bundle import find_bundle

ROOT = Path(__file__).parents[2]
TASK = "# Sentiment analysis of a customer's review"
ONLY_LOOPBACK = ("unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$@"', "sh")


@pytest.fixture
def tools(vscode: dict[str, str], vsix: Path) -> dict[str, str]:
    """The tests' environment, with the default bundle in place of the tiny one."""
    settings = json.loads(vscode["CALLWRIGHT_TEST_SETTINGS"])
    settings["callwright.bundle"] = str(find_bundle(None).path)
    return {**vscode, "VSIX": str(vsix), "CALLWRIGHT_TEST_SETTINGS": json.dumps(settings)}


def run(tools: dict[str, str], *command: str, **more: str) -> None:
    environment = {**os.environ, **tools, **more}
    subprocess.run(command, cwd=ROOT / "editor-extension", env=environment, check=True)


@pytest.mark.timeout(900)
def test_picture(tools: dict[str, str]) -> None:
    picture = ROOT / "docs" / "editor.png"
    more = {"PICTURE": str(picture), "PICTURE_TASK": TASK, "SCALE": "2"}
    run(tools, "node", "--test", "--test-name-pattern", "picture", "test/ui/all.test.mjs", **more)


@pytest.mark.parametrize("every_key", ["", "1"], ids=["as_it_comes", "asked_at_every_key"])
@pytest.mark.timeout(1500)
def test_keystrokes(tools: dict[str, str], every_key: str) -> None:
    run(tools, "node", "test/bench/keystrokes.mjs", EVERY_KEY=every_key)


@pytest.mark.timeout(3600)
def test_network(tools: dict[str, str]) -> None:
    run(tools, *ONLY_LOOPBACK, "node", "test/bench/network.mjs")
