"""A direct reward for a program: the right API, times whether it runs. No model has a say in it.

=================================  ==========  ============
                                   runs        does not run
=================================  ==========  ============
the reference's API                1           0.5
another API of the same domain     0.25        0.125
anything else, or not Python       0           0
=================================  ==========  ============

A product, so that code which runs and does something else earns nothing: a sum would pay for ``print()``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from callwright_grounding.catalogue import Catalogue, CatalogueEntry
from callwright_plugins.judge import Pair
from callwright_plugins.judges.known_calls import KnownCalls
from callwright_training.execution.environment import Environment
from callwright_training.execution.evidence import describe
from callwright_training.execution.right_api import Api, api_called
from callwright_training.execution.runner import Mode, Runner
from callwright_training.execution.sandbox import SandboxMode
from callwright_training.execution.static import StaticTier
from callwright_training.execution.verdict import Script, Verdict

Tier = Literal["static", "execution"]
"""Who says whether a program runs: the static tier (below a millisecond), or the sandbox."""

WORTH: dict[Api, float] = {"right": 1.0, "domain": 0.25, "other": 0.0}
FAILING = 0.5
"""What is left of an API's worth where the program does not run."""


@dataclass(frozen=True, slots=True)
class Grade:
    """What one program earns, and why."""

    reward: float
    """From 0 to 1."""
    api: Api
    runs: bool
    """For the tier ``static``: no reason is known why it should fail."""
    reason: str


class ProgramReward:
    """Grades programs, a batch at a time.

    Args:
        catalogue: The calls that exist, with their domains.
        environment: What programs run with.
        tier: Who says whether a program runs.
        mode: As for :class:`~callwright_training.execution.runner.Runner`.
        sandbox: The same.
        workers: The same.
        store: The same.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        environment: Environment,
        tier: Tier = "execution",
        *,
        mode: Mode = "lenient",
        sandbox: SandboxMode = "namespaces",
        workers: int | None = None,
        store: Path | None = None,
    ) -> None:
        self._known = KnownCalls(catalogue)
        self._static = StaticTier(environment)
        self._runner: Runner | None = None
        if tier == "execution":
            self._runner = Runner(environment, mode, sandbox=sandbox, workers=workers, store=store)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the sandboxes."""
        if self._runner is not None:
            self._runner.close()

    def __call__(self, pairs: Sequence[Pair]) -> list[Grade]:
        """Grade each pair; one without a reference earns nothing.

        Raises:
            SandboxError: The sandbox is not to be had on this machine.
        """
        verdicts = {
            str(number): self._static.verdict(Script(str(number), pair.code))
            for number, pair in enumerate(pairs)
        }
        if self._runner is not None:  # the static tier is never wrong where it says that a script must fail
            hopeful = [name for name, verdict in verdicts.items() if verdict.ok]
            scripts = [Script(name, pairs[int(name)].code) for name in hopeful]
            verdicts |= {verdict.id: verdict for verdict in self._runner.run(scripts)}
        return [self._grade(pair, verdicts[str(number)]) for number, pair in enumerate(pairs)]

    def _grade(self, pair: Pair, verdict: Verdict) -> Grade:
        reason = describe(verdict)
        if pair.reference is None:
            return Grade(0.0, "other", verdict.ok, "the record names no API that should be called")
        api = self._api(pair.code, pair.reference, verdict)
        return Grade(WORTH[api] * (1.0 if verdict.ok else FAILING), api, verdict.ok, reason)

    def _api(self, code: str, reference: CatalogueEntry, verdict: Verdict) -> Api:
        if self._runner is None or not verdict.ok:
            return api_called(code, reference, self._known)
        repositories = self._runner.environment.repositories
        return api_called(code, reference, self._known, served=verdict.models, repositories=repositories)
