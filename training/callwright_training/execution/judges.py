"""The judges ``static`` and ``execution``: ``program``, with evidence from a prepared environment.

``static`` knows faults only and abstains where it finds none. ``execution`` says that a program runs only
where it calls the right API too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, PositiveInt

from callwright_plugins.judge import Answers, JudgeContext, Pair
from callwright_plugins.judges.known_calls import KnownCalls
from callwright_plugins.judges.program import Evidence, ProgramJudge
from callwright_plugins.questions import Question
from callwright_plugins.validation import FROZEN
from callwright_training.execution.environment import Environment
from callwright_training.execution.evidence import RunEvidence, StaticEvidence
from callwright_training.execution.runner import Mode, Runner
from callwright_training.execution.sandbox import SandboxMode
from callwright_training.execution.static import StaticTier


class StaticSettings(BaseModel):
    """What the judge ``static`` is told under ``[feedback.options]``."""

    model_config = FROZEN

    environment: str = "2024"
    """Library versions to judge for: `2024` or `current`, prepared by `rlaif-train environment prepare`."""


class ExecutionSettings(StaticSettings):
    """What the judge ``execution`` is told under ``[feedback.options]``."""

    mode: Mode = "lenient"
    """`strict` runs programs as they are, `lenient` lays out missing inputs."""
    sandbox: SandboxMode = "namespaces"
    """How programs are contained; `rlimits` is weaker, for machines that forbid namespaces."""
    workers: PositiveInt | None = None
    """Sandboxes at the same time; as many as there are processors if not given."""
    ray: str | None = None
    """Address of a Ray cluster whose machines run the programs. Needs the extra `ray`."""


class StaticJudge(ProgramJudge):
    """``program``, and the faults that the static tier finds; nothing is run.

    Args:
        options: The fields of :class:`StaticSettings`.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.settings = StaticSettings(**options)

    def evidence(self, context: JudgeContext) -> Evidence:
        """The static tier of the environment."""
        del context
        return StaticEvidence(StaticTier(Environment.find(self.settings.environment)))


class ExecutionJudge(ProgramJudge):
    """``program``, with every program really run in the sandbox.

    Args:
        options: The fields of :class:`ExecutionSettings`.
    """

    spread = False  # it has workers of its own

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.settings = ExecutionSettings(**options)

    def evidence(self, context: JudgeContext) -> Evidence:
        """A runner, whose verdicts are kept in the judge's folder."""
        settings = self.settings
        self._runner = Runner(
            Environment.find(settings.environment),
            settings.mode,
            sandbox=settings.sandbox,
            workers=settings.workers,
            store=context.folder / f"verdicts-{settings.mode}.jsonl",
            ray=settings.ray,
        )
        self.concurrency = self._runner.workers
        return RunEvidence(self._runner, KnownCalls(context.catalogue))

    async def answer(self, pair: Pair, questions: Sequence[Question]) -> Answers:  # type: ignore[override]
        """Answer beside the event loop: a program may take its time."""
        return await asyncio.to_thread(super().answer, pair, questions)

    async def close(self) -> None:
        """End the sandboxes."""
        await asyncio.to_thread(self._runner.close)
