"""What the grounding bench measures on: files as they are while a statement in them is written."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "benchmarks" / "grounding"
FILE = "def f(a):\n    b = [\n        a.{}(\n            1),\n    ]\n    return b\n\n\ndef g(): ...\n"


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(BENCH))
    monkeypatch.delitem(sys.modules, "sources", raising=False)
    import sources

    return sources


@pytest.mark.parametrize(
    ("source", "left"),
    [
        (FILE.format("name"), "def f(a):\n    b = [\n        a.\n    return b\n\n\ndef g(): ...\n"),
        ("if a.name(1):\n    b\nelse:\n    c\nd\n", "if a.\nd\n"),
        ("a.name(1); b\n", "a.\n"),
        ("a.name(\nb\n", "a.\nb\n"),  # does not parse: the line
    ],
)
def test_only_the_statement_is_missing(sources, source: str, left: str) -> None:
    assert sources.without_statement(source, source.index("name")) == left


def test_packages_take_turns(sources, tmp_path: Path) -> None:
    for name, count in (("large", 5), ("small", 1), ("gone", 0)):
        for number in range(count):
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / f"m{number}.py").touch()
    files = sources.in_turns((tmp_path,), ("large", "gone", "small"))
    assert [path.parent.name for path, _ in files] == ["large", "small", "large", "large", "large", "large"]
