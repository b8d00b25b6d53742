"""Evidence from an interpreter's installed packages, by grounding's checker: nothing is imported or run."""

from __future__ import annotations

from pathlib import Path

from callwright_grounding.checking import ERROR, Checker
from callwright_grounding.environment import Environment, describe_interpreter
from callwright_plugins.judge import Pair
from callwright_plugins.judges.program import Finding

_NAMES = frozenset({"import-module", "import-name", "attribute", "task"})
_ARGUMENTS = frozenset({"keyword"})


class Installed:
    """What an interpreter can import, and how that may be called.

    It finds faults only: that it finds none proves nothing, and then it abstains. Packages that are not
    installed are not judged.

    Args:
        python: The interpreter; `callwright index` beforehand makes the first answer quick.
    """

    def __init__(self, python: Path) -> None:
        self._checker = Checker(Environment(describe_interpreter(python)))

    def exists(self, pair: Pair) -> Finding:
        """A name that its module, class or object does not have is a fault."""
        return self._fault(pair, _NAMES, "no name is known to be missing")

    def arguments(self, pair: Pair) -> Finding:
        """A keyword that a function does not take is a fault."""
        return self._fault(pair, _ARGUMENTS, "no argument is known to be refused")

    def runs(self, pair: Pair) -> Finding:
        """Neither can then run."""
        return self._fault(pair, _NAMES | _ARGUMENTS, "only running it could tell")

    def ends(self, pair: Pair) -> Finding:
        """The same: which API is called is no concern of theirs."""
        return self.runs(pair)

    def _fault(self, pair: Pair, codes: frozenset[str], otherwise: str) -> Finding:
        for finding in self._checker.check(pair.code):
            if finding.code in codes and finding.severity == ERROR:
                return Finding(False, finding.message)
        return Finding(None, otherwise)
