"""Call sites: places in real code where an installed package is called, to be completed from the dot on.

A benchmark beside APIBench, without instructions: the code above the cursor is all there is. A site is a
statement in one line, ``name = module.function(…)`` or ``module.function(…)``, whose ``module`` the file
imports from something that is installed; the cursor stands behind the first dot, and everything after it is
left out. The answer is the first suggestion there:

- ``site_answered``: something was suggested;
- ``site_callable``: it calls what the author called (the dotted name is equal);
- ``site_exact``: the whole call is equal, but for spacing and quotes;
- ``site_invented``: grounding's checker knows that a name in the suggested line does not exist. Lower is
  better; not measured where nothing was suggested or the checker cannot read the line.
"""

from __future__ import annotations

import ast
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from callwright_grounding.catalogue import parse_call
from callwright_training.errors import RecordsError
from callwright_training.evaluation.items import digest
from callwright_training.evaluation.results import Result
from callwright_training.metrics import Measured

if TYPE_CHECKING:
    from callwright_grounding.checking import Checker
    from callwright_server.suggest.suggester import Suggester

NAME = "call_sites"
_LONGEST_FILE = 400_000
_PER_FILE = 3
"""Sites taken of one file at most, so that no file rules the figure."""


@dataclass(frozen=True, slots=True)
class CallSite:
    """One place to complete."""

    id: str
    """File and line: ``api/client.py:40``."""
    before: str
    """The file up to the cursor."""
    line: str
    """The statement that the author wrote there, without indentation."""
    call: str
    """Its call, in canonical spelling."""

    @property
    def package(self) -> str:
        """The name that is called upon: ``json`` of ``json.dumps(x)``."""
        return self.call.partition(".")[0]


def find_call_sites(place: Path, *, limit: int | None = None, seed: int = 0) -> list[CallSite]:
    """Call sites of a Python file, or of the files below a folder, in a random order.

    Raises:
        RecordsError: There is no such place, or no call site in it.
    """
    files = [place] if place.is_file() else sorted(place.rglob("*.py"))
    dice = random.Random(seed)
    dice.shuffle(files)
    sites: list[CallSite] = []
    for file in files:
        found = list(_sites_in(file, file.name if place.is_file() else file.relative_to(place).as_posix()))
        sites += dice.sample(found, min(_PER_FILE, len(found)))
        if limit is not None and len(sites) >= limit:
            break
    if not sites:
        raise RecordsError(f"{place}: no line there calls something of an installed package")
    return sites[:limit]


def complete_call_sites(
    suggester: Suggester,
    sites: list[CallSite],
    checker: Checker,
    advance: Callable[[int], None] = lambda count: None,
) -> list[Result]:
    """Ask for the rest of every site's line and set it beside what the author wrote."""
    results = []
    for site in sites:
        results.append(_result(site, suggester, checker))
        advance(1)
    return results


def _result(site: CallSite, suggester: Suggester, checker: Checker) -> Result:
    from callwright_server.suggest.document import Document

    document = Document(site.before)
    start = time.perf_counter()
    items = suggester.suggest(document, len(site.before), stop=lambda: False).items
    ms = round(1000 * (time.perf_counter() - start), 2)
    after = f"{site.before[: items[0].start]}{items[0].text}" if items else ""
    line = after.rpartition("\n")[2].strip()
    offered = parse_call(line) if line else None
    result = Result(
        key=digest(site.id, site.before, site.call),
        record=site.id,
        question_id=0,
        instruction="\n".join(site.before.split("\n")[-12:]),
        domain=site.package,
        reference_call=site.call,
        reference_code=site.line,
        text=line,
        call=offered.text if offered else None,
        code=line or None,
        ms=ms,
    )
    wanted = parse_call(site.call)
    scores: dict[str, float | None] = {
        "site_answered": float(bool(items)),
        "site_callable": float(bool(offered and wanted and offered.callable == wanted.callable)),
        "site_exact": float(bool(offered and offered.text == site.call)),
    }
    invented, why = _invented(checker, after) if items else (None, "")
    measured = Measured(
        scores={**scores, "site_invented": invented}, notes={"site_invented": why} if why else {}
    )
    result.add(NAME, measured)
    return result


def _invented(checker: Checker, text: str) -> tuple[float | None, str]:
    """Whether the last line names something that does not exist, and what."""
    from callwright_grounding.checking import ERROR

    last = text.count("\n") + 1
    findings = checker.check(text)
    if any(finding.code == "unreadable" for finding in findings):
        return None, ""
    wrong = [finding.message for finding in findings if finding.line == last and finding.severity == ERROR]
    return float(bool(wrong)), "; ".join(wrong)


def _sites_in(file: Path, name: str) -> Iterator[CallSite]:
    try:
        text = file.read_text(encoding="utf-8")
        tree = ast.parse(text) if len(text) <= _LONGEST_FILE else ast.Module([], [])
    except (OSError, ValueError, SyntaxError, RecursionError):
        return
    lines = text.split("\n")
    imported = _imported(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Expr | ast.Assign) or node.lineno != node.end_lineno:
            continue
        root = _root(node.value)
        if root is None or root.id not in imported:
            continue
        line = lines[node.lineno - 1]
        cursor = len(line.encode()[: root.end_col_offset or 0].decode(errors="ignore")) + 1
        before = "\n".join([*lines[: node.lineno - 1], line[:cursor]])
        whole = "\n".join(lines[: node.lineno])
        call = parse_call(line.strip())
        if call is not None and line[cursor - 1 : cursor] == "." and _parses(whole):
            yield CallSite(f"{name}:{node.lineno}", before, line.strip(), call.text)


def _root(value: ast.expr) -> ast.Name | None:
    """``module`` of ``module.a.b(…)``."""
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
        return None
    node: ast.expr = value.func
    while isinstance(node, ast.Attribute):
        node = node.value
    return node if isinstance(node, ast.Name) else None


def _imported(tree: ast.Module) -> set[str]:
    """Names that top-level imports bind to something that is installed."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if _installed(alias.name):
                    names.add(alias.asname or alias.name.partition(".")[0])
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module and _installed(node.module):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def _installed(module: str) -> bool:
    top = module.partition(".")[0]
    return top in sys.stdlib_module_names or find_spec(top) is not None


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True
