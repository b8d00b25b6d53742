"""What the training package offers by the plugins' hooks: the judge that needs torch, those that run code."""

from __future__ import annotations

from collections.abc import Callable

from callwright_plugins import hookimpl
from callwright_plugins.judge import Judge


@hookimpl
def register_judges(register: Callable[[str, Callable[..., Judge]], None]) -> None:
    """Offer ``local``, ``static`` and ``execution``; torch is imported when ``local`` is opened."""
    from callwright_training.execution.judges import ExecutionJudge, StaticJudge
    from callwright_training.feedback.local_judge import LocalJudge

    register("local", LocalJudge)
    register("static", StaticJudge)
    register("execution", ExecutionJudge)
