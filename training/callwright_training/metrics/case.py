"""One answer beside its reference, and what a metric says about it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property

from callwright_grounding.catalogue import Call, Catalogue, named_ids, parse_call
from callwright_training.metrics.answer import Answer


@dataclass(frozen=True, kw_only=True)
class Case:
    """A question's reference, one answer to it, and the catalogue that says what exists."""

    answer: Answer
    catalogue: Catalogue
    reference_call: str
    """The reference's API call, as its source spells it."""
    reference_domain: str
    """The reference's domain, spellings merged."""
    reference_domain_raw: str = ""
    """The same as its source spells it: Gorilla's own metric compares these."""
    reference_code: str = ""
    """The reference's script; empty where it has none, and then no code metric is measured."""

    @cached_property
    def reference(self) -> Call | None:
        """The reference's call, parsed; ``None`` where it is not Python (about 1 % of APIBench)."""
        return parse_call(self.reference_call)

    @cached_property
    def proposed(self) -> Call | None:
        """The call that the answer proposes.

        That is its ``api_call``; an answer without one proposes the first call of its script that names an id
        of the catalogue. Of several calls in one line, such as a model's and its tokenizer's, the first
        counts.
        """
        if self.answer.call is not None:
            return parse_call(self.answer.call) or first_call(self.answer.call)
        ids = self.catalogue.ids
        return next(
            (call for call in calls_in(self.answer.code or "") if ids.intersection(named_ids(call))), None
        )


@dataclass(kw_only=True)
class Measured:
    """What one metric says about one case."""

    scores: dict[str, float | None]
    """By metric key, from 0 to 1; ``None`` where the case says nothing about the metric."""
    counts: dict[str, list[float]] = field(default_factory=dict)
    """Numerators and denominators that add up over cases, for corpus figures."""
    notes: dict[str, str] = field(default_factory=dict)
    """Why, in words, for whoever reads the failures."""


def calls_in(code: str) -> list[Call]:
    """Every call of a script that has a dotted name, in order; none where the script does not parse."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    nodes = sorted((node for node in ast.walk(tree) if isinstance(node, ast.Call)), key=_place)
    return [call for node in nodes if (call := parse_call(ast.unparse(node))) is not None]


def first_call(text: str) -> Call | None:
    """The first call of a line that holds more than one, or something else besides."""
    found = calls_in(text)
    return found[0] if found else None


def _place(node: ast.Call) -> tuple[int, int]:
    return node.lineno, node.col_offset
