import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from callwright_training.errors import SandboxError
from callwright_training.execution.environment import Environment
from callwright_training.execution.runner import Runner
from callwright_training.execution.sandbox import Sandbox
from callwright_training.execution.verdict import Failure, Script

GOOD = [Script(f"good {i}", f"print({i})") for i in range(6)]
BAD = [
    Script("syntax", "for"),
    Script("name", "print(nothing)"),
    Script("package", "import no_such_package"),
    Script("import", "from os import no_such_name"),
    Script("file", "open('missing')"),
    Script("misuse", "len(1)"),
    Script("early", "import os\nos._exit(0)"),
    Script("none", None),
    Script("blank", "  \n"),
]
EXPECTED = [
    "syntax",
    "undefined-name",
    "missing-package",
    "missing-name",
    "missing-input",
    "misuse",
    "left-early",
]


def verdicts(runner, scripts):
    return {verdict.id: (verdict.ok, verdict.failure, verdict.message) for verdict in runner.run(scripts)}


def test_verdicts_name_the_failure_and_its_line(bare_runner):
    found = {verdict.id: verdict for verdict in bare_runner.run([*GOOD, *BAD])}
    assert all(found[script.id].ok for script in GOOD)
    assert [found[script.id].failure for script in BAD] == [*map(Failure, EXPECTED), *[Failure.NO_CODE] * 2]
    assert found["good 3"].output == "3\n"
    assert found["early"].line is None
    assert found["package"].line == 1


def test_verdicts_depend_on_neither_order_nor_workers(bare_runner):
    scripts = [*GOOD, *BAD]
    first = verdicts(bare_runner, scripts)
    with Runner(Environment.bare(), "strict", limits=bare_runner.limits, workers=1) as other:
        assert verdicts(other, reversed(scripts)) == first


def test_a_script_may_use_threads(bare_runner):
    code = "import threading\nthread = threading.Thread(target=print)\nthread.start()\nthread.join()"
    assert [verdict.ok for verdict in bare_runner.run([Script("a", code)])] == [True]


def test_chance_is_the_same_for_every_script(bare_runner):
    code = "import random\nprint(random.random())\n"
    first, second = bare_runner.run([Script("a", code), Script("b", f"{code}#")])
    assert first.output == second.output


def test_one_script_cannot_leave_anything_to_the_next(bare_runner):
    left = "import builtins, os\nbuiltins.left = 1\nos.environ['LEFT'] = '1'\nopen('left', 'w').close()"
    look = (
        "import builtins, os\nassert not hasattr(builtins, 'left') and 'LEFT' not in os.environ\n"
        "assert not os.listdir('.')"
    )
    list(bare_runner.run([Script("a", left)]))
    assert [verdict.ok for verdict in bare_runner.run([Script("b", look), Script("c", look + "\n")])] == [
        True,
        True,
    ]


def test_what_is_judged_is_not_run_again(tmp_path, bare_runner):
    store = tmp_path / "verdicts.jsonl"
    scripts = [Script(str(i), "import time\nprint(time.monotonic_ns())") for i in range(3)]
    outputs = []
    for _ in range(2):
        with Runner(
            Environment.bare(), "strict", limits=bare_runner.limits, store=store, workers=1
        ) as runner:
            outputs.append({verdict.id: verdict.output for verdict in runner.run(scripts)})
    assert outputs[0] == outputs[1]
    assert len(set(outputs[0].values())) == 1, "equal scripts are run once"
    assert len(store.read_text().splitlines()) == 1


def test_a_killed_run_goes_on_where_it_stopped(tmp_path, bare_runner):
    store = tmp_path / "verdicts.jsonl"
    with Runner(Environment.bare(), "strict", limits=bare_runner.limits, store=store, workers=1) as runner:
        next(iter(runner.run(GOOD)))
    done = len(store.read_text().splitlines())
    assert 1 <= done < len(GOOD)
    with store.open("a") as handle:
        handle.write('{"key": "cut sh')
    with Runner(Environment.bare(), "strict", limits=bare_runner.limits, store=store, workers=1) as runner:
        assert all(verdict.ok for verdict in runner.run(GOOD))


def test_a_warm_sandbox_is_there_for_the_next_run(bare_runner):
    list(bare_runner.run(GOOD[:1]))
    first = bare_runner._idle.get()
    bare_runner._idle.put(first)
    list(bare_runner.run(GOOD[1:2]))
    assert bare_runner._idle.get() is first
    first.close()


def test_a_sandbox_that_dies_costs_no_verdict(bare_runner):
    list(bare_runner.run(GOOD[:1]))
    sandbox = bare_runner._idle.get()
    sandbox._process.kill()
    sandbox._process.wait()
    bare_runner._idle.put(sandbox)
    assert [verdict.ok for verdict in bare_runner.run(GOOD[1:3])] == [True, True]


def test_closing_ends_every_process(cell):
    with Sandbox(Environment.bare().surroundings, cell.limits) as sandbox:
        group = sandbox._process.pid
    deadline = time.monotonic() + 60
    while subprocess.run(["ps", "-o", "pid=", "-g", str(group)], capture_output=True).stdout.strip():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_rlimits_judges_alike_and_cleans_up(monkeypatch, bare_runner):
    strong = verdicts(bare_runner, [*GOOD, *BAD])
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # pytest's own is closed to other users
        Path(folder).chmod(0o755)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        with Runner(
            Environment.bare(), "strict", sandbox="rlimits", limits=bare_runner.limits, workers=1
        ) as runner:
            weak = verdicts(runner, [*GOOD, *BAD])
        assert weak == strong
        assert not list(Path(folder).iterdir())


def test_under_rlimits_too_each_script_has_a_home_of_its_own(bare_runner):
    code = "import os\nplace = os.environ['HF_HOME']\nos.makedirs(place)\nopen(place + '/x', 'w').close()\n"
    with Runner(
        Environment.bare(), "strict", sandbox="rlimits", limits=bare_runner.limits, workers=1
    ) as runner:
        found = list(runner.run([Script("a", code), Script("b", code + "print(place)")]))
    assert [verdict.message for verdict in found if not verdict.ok] == []
    assert not found[1].output.startswith("/tmp/home")


FORBIDDEN = """
import sys
from callwright_training.errors import SandboxError
from callwright_training.execution.environment import Environment
from callwright_training.execution.inside import kernel, seccomp
from callwright_training.execution.runner import Runner
from callwright_training.execution.verdict import Script

kernel.install_filter(seccomp.filter_program())  # a container that forbids namespaces
try:
    list(Runner(Environment.bare(), "strict").run([Script("a", "open('/tmp/unsandboxed', 'w')")]))
except SandboxError as error:
    print(error)
"""


def test_without_namespaces_it_says_so_and_runs_nothing():
    done = subprocess.run([sys.executable, "-c", FORBIDDEN], capture_output=True, text=True, timeout=250)
    assert "--sandbox rlimits" in done.stdout, done.stderr
    assert "\n" not in done.stdout.strip()


def test_an_environment_that_is_not_prepared_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("CALLWRIGHT_HOME", str(tmp_path))
    with pytest.raises(SandboxError, match="rlaif-train environment prepare --versions 2024"):
        Environment.find("2024")


def test_an_interpreter_that_does_not_start_is_an_error(tmp_path, cell):
    with pytest.raises(SandboxError):
        Sandbox(Environment.bare(tmp_path / "bin" / "python").surroundings, cell.limits)
