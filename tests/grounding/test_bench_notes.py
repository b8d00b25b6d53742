"""The grounding bench goes on where it was stopped."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "benchmarks" / "grounding"


@pytest.fixture
def notes_type(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(BENCH))
    monkeypatch.delitem(sys.modules, "notes", raising=False)
    from notes import Notes

    return Notes


def test_what_was_seen_is_not_looked_at_again(notes_type, tmp_path: Path) -> None:
    file, looked = tmp_path / "places.jsonl", []

    def see(place: str, notes) -> str:
        return notes.of(place, lambda: looked.append(place) or place.upper())

    first = notes_type(file)
    assert [see(place, first) for place in ("a", "b", "a")] == ["A", "B", "A"]
    with file.open("a") as cut:
        cut.write('["half a li')
    second = notes_type(file)
    assert [see(place, second) for place in ("a", "c")] == ["A", "C"]
    third = notes_type(file)
    assert [see(place, third) for place in ("b", "c")] == ["B", "C"]
    assert looked == ["a", "b", "c"]
    third.done()
    assert not file.exists()
