"""What a team may replace: judges, question sets, catalogues and filters, by pluggy hooks.

A plugin imports all it needs from here. Knows grounding and nothing above it.
"""

import pluggy

from callwright_plugins.judge import Answer, Answers, Judge, JudgeContext, Pair, Spending, Unlabelled
from callwright_plugins.questions import Question, QuestionSet
from callwright_plugins.suggestion import Suggestion

PROJECT = "callwright"
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a function of a plugin as one of the hooks in :mod:`callwright_plugins.hookspecs`."""

__all__ = [
    "Answer",
    "Answers",
    "Judge",
    "JudgeContext",
    "Pair",
    "Question",
    "QuestionSet",
    "Spending",
    "Suggestion",
    "Unlabelled",
    "hookimpl",
]
