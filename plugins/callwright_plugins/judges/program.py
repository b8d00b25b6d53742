"""The judge ``program``: answers what a program can tell without a model, and abstains from the rest.

A question names its check in the question set (``check = "syntax"``). Text that is not Python has none of the
good properties, so then every question is answered as not good. Nothing is run here.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from callwright_grounding.catalogue import Call, CatalogueEntry, parse_call
from callwright_plugins.errors import JudgeError
from callwright_plugins.judge import Answer, Answers, Judge, JudgeContext, Pair, Unlabelled
from callwright_plugins.judges.known_calls import KnownCalls
from callwright_plugins.judges.names import UnboundNames, unbound_names
from callwright_plugins.questions import Question


@dataclass(frozen=True)
class Finding:
    """What a check found: all is well, a fault, or nothing that could be told."""

    well: bool | None
    reason: str


class ProgramJudge(Judge):
    """Checks the program itself; the default, needs no network and no model."""

    def open(self, context: JudgeContext) -> None:
        """Take the catalogue that calls are checked against."""
        self._known = KnownCalls(context.catalogue)

    def answer(self, pair: Pair, questions: Sequence[Question]) -> Answers:
        """Run each question's check."""
        for question in questions:
            if question.check is not None and question.check not in CHECKS:
                known = ", ".join(CHECKS)
                raise JudgeError(
                    f"question '{question.id}' names the check '{question.check}'; there are: {known}"
                )
        program = Program(pair, self._known)
        answers = {question.id: _answer(question, program) for question in questions}
        if all(answer.yes is None for answer in answers.values()):
            raise Unlabelled("no question of the set is one that a program can answer here")
        return answers


class Program:
    """One completion in its place, read as a program; each property is a check.

    Args:
        pair: The pair to judge.
        known: The calls that exist.
    """

    def __init__(self, pair: Pair, known: KnownCalls) -> None:
        self.pair = pair
        self.known = known

    @cached_property
    def tree(self) -> ast.Module | None:
        """The parsed program, or ``None`` where it is not Python or holds no statement of the model's own."""
        try:
            tree = ast.parse(self.pair.code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        return tree if self.pair.completion.strip() else None

    @cached_property
    def unbound(self) -> UnboundNames:
        """Names used and never bound; for programs that parse."""
        assert self.tree is not None  # noqa: S101 - checks are only asked about programs that parse
        return unbound_names(self.pair.code, self.tree)

    @cached_property
    def calls(self) -> list[Call]:
        """Every call in the program that parses as one, outermost first."""
        assert self.tree is not None  # noqa: S101
        nodes = (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))
        return [call for node in nodes if (call := parse_call(ast.unparse(node))) is not None]

    @cached_property
    def matches(self) -> list[CatalogueEntry]:
        """Catalogue entries that the program's calls name."""
        return [entry for call in self.calls for entry in self.known.matches(call)]

    def syntax(self) -> Finding:
        """It parses: otherwise this is never asked."""
        return Finding(True, "it parses")

    def names(self) -> Finding:
        """Every variable is bound somewhere in reach."""
        return self._unbound(self.unbound.variables, "never defined")

    def imports(self) -> Finding:
        """Everything used as a library is used is bound somewhere in reach."""
        return self._unbound(self.unbound.imports, "never imported or defined")

    def exists(self) -> Finding:
        """Calls of known callables name ids that the catalogue has."""
        told = [
            (call, fault)
            for call in self.calls
            if self.known.knows(call.callable)
            for fault in [self.known.fault(call)]
        ]
        if not told:
            return Finding(None, "no call of an API that the catalogue knows")
        faults = [f"{call.text}: {fault}" for call, fault in told if fault]
        return Finding(
            not faults, faults[0] if faults else "every known API is called as the catalogue has it"
        )

    def arguments(self) -> Finding:
        """A call that the catalogue has is called with the arguments it has there."""
        told = [self.known.accepts(call) for call in self.calls if self.known.knows(call.callable)]
        if False in told:
            return Finding(False, "a call leaves out what every known call of it gives")
        return (
            Finding(True, "called as in the catalogue")
            if True in told
            else Finding(None, "arguments are not known")
        )

    def task(self) -> Finding:
        """Some call is the API that the record names."""
        reference = self.pair.reference
        if reference is None:
            return Finding(None, "the record names no API")
        if any(self.known.same_api(call, reference) for call in self.calls):
            return Finding(True, f"calls {reference.text}")
        return Finding(False, f"does not call {reference.text}")

    def domain(self) -> Finding:
        """Some call is an API of the reference's domain."""
        reference = self.pair.reference
        if reference is None or not len(self.known.catalogue):
            return Finding(None, "no reference, or no catalogue")
        if any(entry.domain == reference.domain for entry in self.matches):
            return Finding(True, f"calls an API for {reference.domain}")
        return Finding(False, f"calls no API for {reference.domain}")

    def runs(self) -> Finding:
        """It cannot run where a name is unbound; that it does run, only running it could tell."""
        missing = (*self.unbound.imports, *self.unbound.variables)
        if missing and not self.unbound.star:
            return Finding(False, f"{missing[0]} is not defined")
        return Finding(None, "only running it could tell")

    def _unbound(self, names: tuple[str, ...], said: str) -> Finding:
        if names and self.unbound.star:
            return Finding(None, f"a star import may bind {names[0]}")
        return Finding(not names, f"{names[0]} is {said}" if names else "all names are bound")


CHECKS: dict[str, Callable[[Program], Finding]] = {
    "syntax": Program.syntax,
    "imports": Program.imports,
    "names": Program.names,
    "exists": Program.exists,
    "arguments": Program.arguments,
    "task": Program.task,
    "domain": Program.domain,
    "runs": Program.runs,
}
"""What a question may name as its check."""


def _answer(question: Question, program: Program) -> Answer:
    if program.tree is None:
        return Answer(question.good != "yes", "it is not a Python program")
    if question.check is None:
        return Answer(None, "a program cannot tell")
    finding = CHECKS[question.check](program)
    if finding.well is None:
        return Answer(None, finding.reason)
    return Answer(question.is_good(True) == finding.well, finding.reason)
