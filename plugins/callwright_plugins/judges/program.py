"""The judge ``program``: answers what a program can tell without a model, and abstains from the rest.

A question names its check in the question set (``check = "syntax"``). Text that is not Python has none of the
good properties, so then every question is answered as not good. Nothing is run here; what the text alone does
not tell may come from :class:`Evidence`, of an interpreter's packages or of a sandbox.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, Protocol

from callwright_grounding.catalogue import Call, CatalogueEntry, dotted_name, parse_call
from callwright_plugins.errors import JudgeError
from callwright_plugins.judge import Answer, Answers, Judge, JudgeContext, Pair, Unlabelled
from callwright_plugins.judges.certain import certain_calls
from callwright_plugins.judges.known_calls import KnownCalls
from callwright_plugins.judges.names import UnboundNames, unbound_names
from callwright_plugins.questions import Question


@dataclass(frozen=True)
class Finding:
    """What a check found: all is well, a fault, or nothing that could be told."""

    well: bool | None
    reason: str


class Evidence(Protocol):
    """Knows more of a program than its text and the catalogue tell."""

    def exists(self, pair: Pair) -> Finding:
        """Whether everything that it calls exists."""
        ...

    def arguments(self, pair: Pair) -> Finding:
        """Whether what it calls accepts the arguments."""
        ...

    def runs(self, pair: Pair) -> Finding:
        """Whether it would run to its end, calling the API that the pair names as right."""
        ...

    def ends(self, pair: Pair) -> Finding:
        """Whether it would run to its end, whatever it calls."""
        ...


class ProgramJudge(Judge):
    """Checks the program itself; the default, needs no network and no model.

    Args:
        python: An interpreter whose installed packages say what exists and which arguments it takes; ``None``
            asks the catalogue only.
    """

    spread = True

    def __init__(self, python: Path | str | None = None) -> None:
        self._python = python
        self._evidence: Evidence | None = None

    def open(self, context: JudgeContext) -> None:
        """Take the catalogue that calls are checked against, and further evidence."""
        self._known = KnownCalls(context.catalogue)
        self._evidence = self.evidence(context)

    def evidence(self, context: JudgeContext) -> Evidence | None:
        """What answers the questions that the text leaves open; subclasses bring more."""
        del context
        if self._python is None:
            return None
        from callwright_plugins.judges.installed import Installed

        return Installed(Path(self._python))

    def answer(self, pair: Pair, questions: Sequence[Question]) -> Answers:
        """Run each question's check."""
        for question in questions:
            if question.check is not None and question.check not in CHECKS:
                known = ", ".join(CHECKS)
                raise JudgeError(
                    f"question '{question.id}' names the check '{question.check}'; there are: {known}"
                )
        program = Program(pair, self._known, self._evidence)
        answers = {question.id: _answer(question, program) for question in questions}
        if all(answer.yes is None for answer in answers.values()):
            raise Unlabelled("no question of the set is one that a program can answer here")
        return answers


class Program:
    """One completion in its place, read as a program; each property is a check.

    Args:
        pair: The pair to judge.
        known: The calls that exist.
        evidence: What more is known.
    """

    def __init__(self, pair: Pair, known: KnownCalls, evidence: Evidence | None = None) -> None:
        self.pair = pair
        self.known = known
        self.evidence = evidence

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
        """Calls of known callables name ids that the catalogue has, and what else they name exists."""
        return self._further(self._in_catalogue(), "exists")

    def _in_catalogue(self) -> Finding:
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
        """A call that the catalogue has is called with the arguments it has there, and all are accepted."""
        return self._further(self._as_in_catalogue(), "arguments")

    def _as_in_catalogue(self) -> Finding:
        told = [self.known.accepts(call) for call in self.calls if self.known.knows(call.callable)]
        if False in told:
            return Finding(False, "a call leaves out what every known call of it gives")
        return (
            Finding(True, "called as in the catalogue")
            if True in told
            else Finding(None, "arguments are not known")
        )

    def loads(self) -> Finding:
        """APIs that the catalogue knows are told what to load: a call without an argument names no model."""
        told = [call for call in self.calls if self.known.knows(call.callable)]
        bare = [call for call in told if not call.positional and not call.keywords]
        if bare:
            return Finding(False, f"{bare[0].text} does not say what it loads")
        return Finding(True, "says what it loads") if told else Finding(None, "calls no known API")

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

    def used(self) -> Finding:
        """What the code above bound last is put to work: called, asked for something, or given to a call.

        A call inside of a function, a condition or ``try`` does not count: the program may end without it.
        """
        bound = _last_bound(self.pair.before)
        if bound is None:
            return Finding(None, "nothing is bound above")
        assert self.tree is not None  # noqa: S101
        below = self.pair.before.count("\n")
        idle = {node.value for node in ast.walk(self.tree) if isinstance(node, ast.Expr)}
        calls = (call for call in certain_calls(self.tree) if call.lineno > below)
        if any(_puts_to_work(call, bound, call in idle) for call in calls):
            return Finding(True, f"{bound} is put to work")
        return Finding(False, f"{bound} is not used")

    def runs(self) -> Finding:
        """It cannot run where a name is unbound; that it does run, only running it could tell."""
        return self._run("runs")

    def ends(self) -> Finding:
        """The same, whatever it calls: for questions beside one about the API."""
        return self._run("ends")

    def _run(self, check: Literal["runs", "ends"]) -> Finding:
        missing = (*self.unbound.imports, *self.unbound.variables)
        if missing and not self.unbound.star:
            return Finding(False, f"{missing[0]} is not defined")
        return self._further(Finding(None, "only running it could tell"), check)

    def _further(self, own: Finding, check: Literal["exists", "arguments", "runs", "ends"]) -> Finding:
        """A fault that the text shows stands; else evidence has the word, where it says anything."""
        if own.well is False or self.evidence is None:
            return own
        told: Finding = getattr(self.evidence, check)(self.pair)
        return own if told.well is None else told

    def _unbound(self, names: tuple[str, ...], said: str) -> Finding:
        if names and self.unbound.star:
            return Finding(None, f"a star import may bind {names[0]}")
        return Finding(not names, f"{names[0]} is {said}" if names else "all names are bound")


def _last_bound(code: str) -> str | None:
    """The name that the last assignment of the code binds."""
    try:
        last = ast.parse(code).body[-1:]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    targets = [node.targets[0] for node in last if isinstance(node, ast.Assign)]
    return next((target.id for target in targets if isinstance(target, ast.Name)), None)


def _puts_to_work(call: ast.Call, name: str, idle: bool) -> bool:
    """Whether the call asks something of the name: ``model.eval()`` and ``print(model)`` do not.

    Args:
        call: A call in the program.
        name: What a name was bound to.
        idle: Whether nothing is done with what the call returns.
    """
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    called = dotted_name(call.func) or ""
    head, _, method = called.partition(".")
    if head == name:
        asked = not method or not (idle or method.rpartition(".")[2] in _HOUSEKEEPING)
        return bool(given) and asked
    return not hasattr(builtins, called) and any(_reads(value, name) for value in given)


def _reads(value: ast.expr, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(value))


_HOUSEKEEPING = frozenset({"cpu", "cuda", "eval", "float", "half", "parameters", "to", "train", "type"})
"""Methods that return the object itself, or speak of it, and answer nothing."""


CHECKS: dict[str, Callable[[Program], Finding]] = {
    "syntax": Program.syntax,
    "imports": Program.imports,
    "names": Program.names,
    "exists": Program.exists,
    "arguments": Program.arguments,
    "loads": Program.loads,
    "task": Program.task,
    "domain": Program.domain,
    "runs": Program.runs,
    "ends": Program.ends,
    "used": Program.used,
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
