from collections.abc import Iterator
from dataclasses import replace

import pytest

from callwright_training.execution.environment import Environment
from callwright_training.execution.limits import MIB, Limits
from callwright_training.execution.runner import Runner
from callwright_training.execution.sandbox import Sandbox

LOW = Limits(
    wall=120,  # a script that should end does, however busy the machine is
    cpu=60,
    memory=192 * MIB,
    address_space=1024 * MIB,
    processes=24,
    file=8 * MIB,
    scratch=16 * MIB,
    files=200,
    open_files=64,
)


SHORT = replace(LOW, wall=2.5, cpu=3)


@pytest.fixture(scope="session")
def cell() -> Iterator[Sandbox]:
    """A sandbox with a bare interpreter and low limits."""
    with Sandbox(Environment.bare().surroundings, LOW) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def short_cell() -> Iterator[Sandbox]:
    """The same for scripts that have to be stopped."""
    with Sandbox(Environment.bare().surroundings, SHORT) as sandbox:
        yield sandbox


@pytest.fixture
def bare_runner() -> Iterator[Runner]:
    with Runner(Environment.bare(), "strict", limits=LOW, workers=2) as runner:
        yield runner
