"""Scripts spread over the machines of a Ray cluster: two workers of one machine here."""

import contextlib
import os
import signal
import time
from pathlib import Path

import pytest

from callwright_training.errors import SandboxError
from callwright_training.execution.environment import Environment
from callwright_training.execution.runner import Runner
from callwright_training.execution.verdict import Script

ray = pytest.importorskip("ray", reason="NOT TESTED: scripts on a Ray cluster; pip install 'callwright[ray]'")
pytestmark = pytest.mark.slow

SCRIPTS = [
    *(Script(f"good {i}", f"print({i})") for i in range(8)),
    Script("syntax", "for"),
    Script("name", "print(nothing)"),
    Script("early", "import os\nos._exit(0)"),
    Script("none", None),
]


@pytest.fixture(scope="module", autouse=True)
def _cluster():
    ray.init(address="local", num_cpus=2, log_to_driver=False, include_dashboard=False)
    yield
    ray.shutdown()


@pytest.fixture
def on_the_cluster(cell):
    with Runner(Environment.bare(), "strict", limits=cell.limits, ray="local") as runner:
        yield runner


def told(runner, scripts=SCRIPTS):
    return {verdict.id: (verdict.ok, verdict.failure, verdict.output) for verdict in runner.run(scripts)}


def test_two_workers_give_the_same_verdicts(on_the_cluster, bare_runner):
    assert on_the_cluster.workers == 2
    assert told(on_the_cluster) == told(bare_runner)


def test_a_killed_worker_costs_its_unfinished_scripts_only(on_the_cluster, tmp_path):
    """They are run again by another; what was judged before is not."""
    on_the_cluster.store = tmp_path / "verdicts.jsonl"
    scripts = [Script(str(i), f"import time\ntime.sleep(0.2)\nprint({i}, time.time_ns())") for i in range(12)]
    verdicts = []
    for verdict in on_the_cluster.run(scripts):
        verdicts.append(verdict)
        if len(verdicts) == 3:
            os.kill(a_worker(), signal.SIGKILL)
    assert sorted(int(verdict.id) for verdict in verdicts if verdict.ok) == list(range(12))
    kept = {
        verdict.output
        for verdict in Runner(
            Environment.bare(), "strict", limits=on_the_cluster.limits, store=on_the_cluster.store
        ).run(scripts)
    }
    assert kept == {verdict.output for verdict in verdicts}


def test_no_sandbox_outlives_its_worker(on_the_cluster):
    list(on_the_cluster.run(SCRIPTS[:2]))
    worker = a_worker()
    below = descendants(worker)
    assert below
    os.kill(worker, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while any(Path(f"/proc/{pid}").exists() for pid in below):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_machine_without_the_environment_is_refused(on_the_cluster, tmp_path, monkeypatch):
    hub = tmp_path / "environments" / "2024" / "hub"
    hub.mkdir(parents=True)
    (hub / "index.json").write_text('{"repositories": {}}')
    (hub.parent / "prepared.json").write_text("{}")
    monkeypatch.setenv("CALLWRIGHT_HOME", str(tmp_path))  # here, and not there
    with (
        Runner(Environment.find("2024"), "strict", ray="local", workers=1) as runner,
        pytest.raises(SandboxError, match="environment"),
    ):
        list(runner.run(SCRIPTS[:1]))


def a_worker():
    """Some process that keeps a sandbox for us."""
    return next(
        pid for pid in descendants(os.getpid()) if b"ray::_Host" in Path(f"/proc/{pid}/cmdline").read_bytes()
    )


def descendants(pid):
    found = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):  # it may have ended by now
            for child in map(int, (task / "children").read_text().split()):
                found |= {child} | descendants(child)
    return found
