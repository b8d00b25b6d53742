"""Finds API calls that do not exist, in Python files and notebooks."""

from callwright_grounding.checking.checker import Checker
from callwright_grounding.checking.finding import CODES, ERROR, WARNING, Finding
from callwright_grounding.checking.judge import KnownIds

__all__ = ["CODES", "ERROR", "WARNING", "Checker", "Finding", "KnownIds"]
