"""What the training package offers by the plugins' hooks: the judge that needs torch."""

from __future__ import annotations

from collections.abc import Callable

from callwright_plugins import hookimpl
from callwright_plugins.judge import Judge


@hookimpl
def register_judges(register: Callable[[str, Callable[..., Judge]], None]) -> None:
    """Offer ``local``; torch is imported when it is opened, not when it is offered."""
    from callwright_training.feedback.local_judge import LocalJudge

    register("local", LocalJudge)
