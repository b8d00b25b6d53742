"""What the static tier and the runner say of one program, as evidence for the judge ``program``."""

from __future__ import annotations

import threading

from callwright_plugins.judge import Pair
from callwright_plugins.judges.known_calls import KnownCalls
from callwright_plugins.judges.program import Finding
from callwright_training.execution.right_api import Api, api_called
from callwright_training.execution.runner import Runner
from callwright_training.execution.static import StaticTier
from callwright_training.execution.verdict import Failure, Script, Verdict

_MISSING = frozenset({Failure.MISSING_NAME, Failure.UNKNOWN_MODEL})
_OURS = Failure.SANDBOX
_REFUSED = frozenset({"TypeError", "ValidationError"})


class StaticEvidence:
    """The static tier's word: it knows faults, and abstains where it finds none.

    Args:
        tier: The static tier of an environment.
    """

    def __init__(self, tier: StaticTier) -> None:
        self.tier = tier
        self._alone = threading.Lock()

    def verdict(self, pair: Pair) -> Verdict:
        """Whether the program must fail."""
        with self._alone:
            return self.tier.verdict(Script(pair.id, pair.code))

    def exists(self, pair: Pair) -> Finding:
        """A name or a repository that is not there is a fault."""
        verdict = self.verdict(pair)
        return _fault(verdict, verdict.failure in _MISSING)

    def arguments(self, pair: Pair) -> Finding:
        """A keyword, a task or a model that the callee does not take is a fault."""
        verdict = self.verdict(pair)
        return _fault(verdict, verdict.failure is Failure.MISUSE)

    def runs(self, pair: Pair) -> Finding:
        """Any reason to fail is a fault."""
        verdict = self.verdict(pair)
        return _fault(verdict, not verdict.ok)

    def ends(self, pair: Pair) -> Finding:
        """The same: which API is called is no concern of this tier."""
        return self.runs(pair)


class RunEvidence:
    """What really running the program showed.

    Args:
        runner: Runs it; verdicts are kept, so that three questions cost one run.
        known: The calls that exist, with their domains.
    """

    def __init__(self, runner: Runner, known: KnownCalls) -> None:
        self.runner = runner
        self.known = known
        self._verdicts: dict[str, Verdict] = {}

    def verdict(self, pair: Pair) -> Verdict:
        """How the program ended."""
        if pair.code not in self._verdicts:
            [verdict] = self.runner.run([Script(pair.id, pair.code)])
            self._verdicts[pair.code] = verdict
        return self._verdicts[pair.code]

    def api(self, pair: Pair) -> Api | None:
        """Which API it calls; ``None`` where the pair names no right one."""
        if pair.reference is None:
            return None
        served, repositories = self.verdict(pair).models, self.runner.environment.repositories
        return api_called(pair.code, pair.reference, self.known, served=served, repositories=repositories)

    def exists(self, pair: Pair) -> Finding:
        """All is there where it ran; a missing name or repository is a fault."""
        return _told(self.verdict(pair), self.verdict(pair).failure in _MISSING)

    def arguments(self, pair: Pair) -> Finding:
        """All was accepted where it ran; a refusal is a fault."""
        verdict = self.verdict(pair)
        return _told(verdict, verdict.failure is Failure.MISUSE and verdict.error in _REFUSED)

    def runs(self, pair: Pair) -> Finding:
        """It ran to its end *and* called the right API: to run alone is no merit."""
        if (ended := self.ends(pair)).well is not True:
            return ended
        if pair.reference is None:
            return Finding(None, "it runs; the record names no API that it should call")
        right = self.api(pair) == "right"
        return Finding(right, "it runs" if right else f"it runs, and does not call {pair.reference.text}")

    def ends(self, pair: Pair) -> Finding:
        """It ran to its end; only for questions that something else keeps from being answered by nothing."""
        verdict = self.verdict(pair)
        return Finding(True if verdict.ok else None if verdict.failure is _OURS else False, describe(verdict))


def describe(verdict: Verdict) -> str:
    """A verdict in one line."""
    if verdict.ok:
        return "it runs" if verdict.mode != "static" else "no reason is known why it should fail"
    what = " ".join(f"{verdict.error} {verdict.message}".split())
    return f"{verdict.failure}: {what}"[:200]


def _fault(verdict: Verdict, fault: bool) -> Finding:
    return Finding(False if fault else None, describe(verdict))


def _told(verdict: Verdict, fault: bool) -> Finding:
    return Finding(True if verdict.ok else False if fault else None, describe(verdict))
