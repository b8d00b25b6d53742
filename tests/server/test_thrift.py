import pytest

from callwright_server.lsp.thrift import Thrift
from callwright_server.settings import Pace


class Machine:
    """A clock and a processor that the test moves."""

    def __init__(self, folder):
        self.now = self.used = 100.0
        self.battery = folder / "BAT0" / "status"
        self.battery.parent.mkdir()
        self.thrift = Thrift(lambda: self.now, lambda: self.used, folder)

    def work(self, seconds, share):
        for _ in range(seconds):
            self.now += 1
            self.used += share
            said = self.thrift.refuses(Pace(processor_limit=25))
        return said


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_a_busy_minute_is_followed_by_silence_until_it_is_over(machine):
    assert machine.work(90, 0.2) == ""
    assert "25 % are allowed" in machine.work(50, 0.4)
    assert machine.work(60, 0.1) == ""
    assert machine.thrift.refuses(Pace()) == ""


def test_a_short_burst_is_no_busy_minute(machine):
    assert machine.work(10, 1.0) == ""
    assert machine.work(10, 1.0) != ""


def test_on_battery_only_where_that_is_wanted(machine):
    sparing = Pace(on_battery=False)
    assert machine.thrift.refuses(sparing) == ""  # a supply that says nothing
    for state, silent in (("Discharging\n", True), ("Charging\n", False)):
        machine.battery.write_text(state)
        assert bool(machine.thrift.refuses(sparing)) == silent
        assert machine.thrift.refuses(Pace()) == ""
