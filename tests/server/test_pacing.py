import pytest

from callwright_server.lsp.pacing import Pacer
from callwright_server.settings import Pace

PACE = Pace(shortest_pause=40, longest_pause=300)


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pacer(clock):
    return Pacer(clock)


def typed(pacer, clock, interval, keys=30):
    for _ in range(keys):
        clock.now += interval
        pacer.typed("a")


def test_the_pause_follows_the_typing(pacer, clock):
    pauses = []
    for interval in (0.01, 0.1, 0.2, 0.9):
        typed(pacer, clock, interval)
        pauses.append(pacer.pause("a", PACE))
    assert pauses == sorted(pauses)
    assert pauses[0] == pytest.approx(0.04)
    assert pauses[1] == pytest.approx(0.13, abs=0.01)
    assert pauses[-1] == pytest.approx(0.3)


def test_the_end_of_a_word_is_waited_for_least(pacer, clock):
    typed(pacer, clock, 0.2)
    assert pacer.pause("a", PACE, in_word=False) == pytest.approx(0.04)


def test_a_rest_has_been_waited_for_already(pacer, clock):
    typed(pacer, clock, 0.1)
    clock.now += 5
    assert pacer.pause("a", PACE) == 0
    assert pacer.pause("never typed in", PACE) == 0


def test_rest_begins_with_the_last_change(pacer, clock):
    assert pacer.unrest("a", 0.5) == 0
    typed(pacer, clock, 0.2)
    assert pacer.unrest("a", 0.5) == pytest.approx(0.5)
    clock.now += 0.3
    assert pacer.unrest("a", 0.5) == pytest.approx(0.2)
    clock.now += 0.3
    assert pacer.unrest("a", 0.5) == 0


def test_a_newer_request_stops_the_older_of_its_kind_only(pacer):
    with (
        pacer.newest("a", "inline") as first,
        pacer.newest("a", "menu") as menu,
        pacer.newest("b", "inline") as other,
    ):
        with pacer.newest("a", "inline") as second:
            assert first.is_set()
            assert not second.is_set()
        assert second.is_set()
        assert not menu.is_set()
        assert not other.is_set()
    assert menu.is_set()


def test_closing_a_document_stops_what_runs_for_it(pacer):
    with pacer.newest("a", "inline") as stop, pacer.newest("b", "inline") as other:
        pacer.forget("a")
        assert stop.is_set()
        assert not other.is_set()
        pacer.stop_all()
        assert other.is_set()
