"""Evaluation: answers of any system, scored by every metric, kept per record, summed up and compared.

``items.py`` is what passes through; ``responses.py`` and ``systems/`` bring answers; ``scoring.py`` measures
them, ``results.py`` keeps them, ``summary.py`` adds them up; ``paired.py`` and ``report.py`` compare
evaluations.
"""

from callwright_training.evaluation.items import Item
from callwright_training.evaluation.responses import read_responses
from callwright_training.evaluation.results import Result, ResultFile, read_results
from callwright_training.evaluation.scoring import score
from callwright_training.evaluation.summary import Summary, summarise

__all__ = [
    "Item",
    "Result",
    "ResultFile",
    "Summary",
    "read_responses",
    "read_results",
    "score",
    "summarise",
]
