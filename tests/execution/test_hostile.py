import os
import socket
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from hostile import HOSTILE, Hostile

from callwright_training.execution.sandbox import Sandbox


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    """What a script must not reach: a secret file and a listener on the host's loopback."""
    secret = tmp_path_factory.mktemp("secret") / "secret.txt"
    secret.write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield {"secret": str(secret), "home": str(Path.home()), "port": listener.getsockname()[1]}


@pytest.mark.parametrize("script", HOSTILE, ids=lambda script: script.name)
def test_contained_and_judged_rightly(
    cell: Sandbox, short_cell: Sandbox, outside: dict[str, object], script: Hostile
) -> None:
    cell = short_cell if script.ends == "timeout" else cell
    code = script.code
    for name, value in outside.items():
        code = code.replace(f"{{{name}!r}}", repr(value)).replace(f"{{{name}}}", str(value))
    answer = cell.run(script.name, code, lenient=False)
    assert "ESCAPED" not in answer["output"]
    assert answer["how"] == script.ends, answer
    assert answer["ok"] == (script.ends == "finished")
    # Where little time is given, a slow machine may need more of it than once.
    after = [
        cell.run("after", "print('alive')", lenient=False) for _ in range(5 if cell is short_cell else 1)
    ]
    assert any(one["ok"] and one["output"] == "alive\n" for one in after)


def test_nothing_is_left_behind(cell: Sandbox) -> None:
    cell.run(
        "a",
        "import os\nopen('left', 'w').close()\nopen('/dev/shm/left', 'w').close()",
        lenient=False,
    )
    answer = cell.run("b", "import os\nprint(os.listdir('.'), os.listdir('/dev/shm'))", lenient=False)
    assert answer["output"] == "[] []\n"


def test_no_descriptor_of_ours_is_inherited(cell: Sandbox) -> None:
    answer = cell.run(
        "a", "import os\nprint(sorted(int(n) for n in os.listdir('/proc/self/fd'))[:-1])", lenient=False
    )
    assert answer["output"] == "[0, 1, 2, 3, 4, 5]\n"


def test_own_user_without_rights(cell: Sandbox) -> None:
    answer = cell.run("a", "print(open('/proc/self/status').read())", lenient=False)
    status = dict(line.split(":\t", 1) for line in answer["output"].splitlines() if ":\t" in line)
    assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    if os.getuid() == 0:
        assert status["Uid"].split()[0] != "0"
