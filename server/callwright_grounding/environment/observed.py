"""What importing shows and reading does not: the names that modules really have.

Only where a user asks for it. A child of the user's interpreter imports a top-level module and lists the
names of it and of all that it imported of the same package. That runs installed code, so it is never done
unasked; it has a time limit, and what it had found by then is kept. The file lies beside the index of the
distribution and ends with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from callwright_grounding.environment.distributions import distributions
from callwright_grounding.environment.interpreter import Interpreter
from callwright_grounding.environment.store import cache_folder
from callwright_grounding.environment.summary import ModuleSummary
from callwright_grounding.errors import InterpreterError

Observed = dict[str, list[str]]
"""Dotted module to the names that it has."""

_SCRIPT = """
import importlib, json, os, sys
out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # what modules print is not for us
for top in sys.argv[1:]:
    try:
        importlib.import_module(top)
    except BaseException:
        pass
    for name, module in sorted(sys.modules.items()):
        if name.partition(".")[0] == top and module is not None:
            try:
                names = [item for item in dir(module) if isinstance(item, str)]
            except BaseException:
                continue
            print(json.dumps([name, names]), file=out, flush=True)
os._exit(0)
"""


def observe(interpreter: Interpreter, top_level: Sequence[str], timeout: float) -> Observed:
    """Import modules in a child of the interpreter and see which names they have.

    Args:
        interpreter: The user's interpreter.
        top_level: Modules to import; what cannot be imported is left out.
        timeout: Seconds after which the child is ended.

    Raises:
        InterpreterError: The interpreter cannot be started.
    """
    command = [str(interpreter.executable), "-I", "-c", _SCRIPT, *top_level]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as written:
        try:
            child = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise InterpreterError(f"{interpreter.executable}: cannot be started: {error}") from error
        try:
            child.wait(timeout)
        except subprocess.TimeoutExpired:
            pass
        finally:
            _end(child)
        written.seek(0)
        return _read(written.read())


def keep(interpreter: Interpreter, observed: Observed) -> int:
    """Write down what was seen, beside the index of each distribution; returns how many files."""
    count = 0
    for entry in distributions(interpreter):
        own = {name: names for name, names in observed.items() if name.partition(".")[0] in entry.top_level}
        if own:
            path = observed_file(entry.key)
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(f".{os.getpid()}.part")
            temporary.write_text(json.dumps(own), encoding="utf-8")
            temporary.replace(path)
            count += 1
    return count


def observed_file(key: str) -> Path:
    """Where the names seen in a distribution lie."""
    return cache_folder() / f"{key}.observed"


def kept(key: str) -> Observed:
    """What was seen in a distribution; nothing where nobody looked, or the file is damaged."""
    try:
        found = json.loads(observed_file(key).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def refined(summary: ModuleSummary, module: str, observed: Mapping[str, Sequence[str]]) -> ModuleSummary:
    """A summary with what importing showed: running decides what is there, reading says what it is.

    What reading found and running did not stays accepted and is no longer offered.
    """
    if module not in observed:
        return summary
    there = set(observed[module])
    for name in [name for name in summary.names if name not in there]:
        summary.typing_names.setdefault(name, summary.names.pop(name))
    known = summary.names.keys() | summary.typing_names.keys()
    if not summary.stars:  # what a star import brings has its types there
        for name in sorted(there - known):
            summary.names[name] = ["v", "", None, None]
    else:
        summary.extra = [*summary.extra, *sorted(there - known)]
    if "__getattr__" not in there:
        summary.open = summary.unsure = ""
    return summary


def _read(written: bytes) -> Observed:
    """The whole lines of what the child wrote."""
    whole, _, _ = written.rpartition(b"\n")
    return dict(json.loads(line) for line in whole.split(b"\n") if line)


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the child, and whatever it started."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    else:
        child.kill()
    child.wait()
