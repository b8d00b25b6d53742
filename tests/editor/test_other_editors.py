"""The configurations in docs/editors.md: as far as they can be checked without those editors."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from callwright_server.settings import read_settings

PAGE = (Path(__file__).parents[2] / "docs" / "editors.md").read_text()


def blocks(heading: str) -> list[str]:
    """The indented blocks below a heading, without their indentation."""
    section = re.split(rf"^## {re.escape(heading)}\n", PAGE, flags=re.MULTILINE)[1].partition("\n## ")[0]
    found = re.findall(r"(?:^    .*\n|^\n(?=    ))+", section, flags=re.MULTILINE)
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE).strip() for block in found if block.strip()]


def accepted(settings: dict[str, Any]) -> bool:
    read, complaints = read_settings(settings)
    return not complaints and read.bundle == "default"


def test_helix() -> None:
    [block] = blocks("Helix")
    server = tomllib.loads(block)["language-server"]["callwright"]
    assert [server["command"], *server["args"]] == ["callwright", "serve"]
    assert accepted(server["config"])


@pytest.mark.parametrize(
    ("editor", "where"),
    [("Zed", ("lsp", "callwright", "initialization_options")),
     ("Sublime Text", ("clients", "callwright", "initializationOptions"))],
)  # fmt: skip
def test_json(editor: str, where: tuple[str, ...]) -> None:
    [block] = blocks(editor)
    found = json.loads(f"{{{block}}}")
    for name in where:
        found = found[name]
    assert accepted(found)


def test_jetbrains() -> None:
    section = PAGE.split("## JetBrains IDEs\n")[1].partition("\n## ")[0]
    assert "command `callwright serve`" in section
    [options] = re.findall(r"`(\{.*?\})`", section)
    assert accepted(json.loads(options))


@pytest.mark.parametrize("block", blocks("Emacs"))
def test_lisp_is_balanced(block: str) -> None:
    code = re.sub(r'"[^"]*"', '""', block)
    assert code.count("(") == code.count(")") > 3
    assert '"callwright" "serve"' in block
