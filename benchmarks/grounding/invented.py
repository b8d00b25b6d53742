"""What the model invents when nothing holds it, what it writes when grounding does, what a check finds of it.

At places where installed libraries call one another the model goes on freely; what it wrote is judged by
``hasattr`` and ``inspect.signature``. The inventions, each on a line of its own, are the seeded file on which
the check's recall is measured; those of earlier runs stay in it as long as the judge knows nothing of them.
"""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from notes import Notes
from progress import bar

from callwright_grounding.checking import Checker
from callwright_grounding.environment import Environment
from callwright_server.engine.engine import Engine
from callwright_server.prompt import Prompt
from callwright_server.suggest.choosing import Place
from callwright_server.suggest.freely import UntilLineEnd, parsed_line
from callwright_server.suggest.grounding import Names
from callwright_server.suggest.installed import Installed

_TOKENS = 12
_BRANCHES = 4
"""Continuations of one place: the model's likeliest first tokens, each gone on with greedily."""
_NEAR = 240
"""Characters in front of the cursor that the model reads, besides the imports."""
_IMPORT = re.compile(
    r"^(?:import ([\w.]+)(?: as (\w+))?|from ([\w.]+) import (\w+)(?: as (\w+))?)[ \t]*$", re.M
)
_PER_FILE = 6
_HELD = 4
"""At every so many-th place the model is also held, for comparison."""

Question = dict[str, object]
Judge = Callable[[list[Question]], list[bool | None]]


@dataclass(frozen=True)
class Import:
    """One imported name."""

    path: str
    """Where it comes from: ``torch.nn``."""
    statement: str
    """``from torch import nn``."""


@dataclass(frozen=True)
class Site:
    """A place behind ``library.`` or behind ``library.function(`` in somebody's source."""

    imports: dict[str, Import]
    """Name to what it was imported as."""
    head: str
    """The statement up to the place."""
    before: str
    """The imports and the lines above, up to the place."""


@dataclass(frozen=True)
class Written:
    """One name that was written, and the expression around it."""

    question: Question
    line: str
    """An import and the expression, which can be checked alone."""

    @property
    def key(self) -> tuple[object, ...]:
        """What makes it another name than the others."""
        return tuple(sorted(self.question.items()))


Judged = tuple[Written, bool]
Noted = list[object]
"""The fields of something written, and whether it exists."""


def sites(sources: Iterator[tuple[Path, str]], modules: Callable[[str], bool]) -> Iterator[Site]:
    """Places where a file uses what it imported from a library.

    Args:
        sources: Files.
        modules: Whether a dotted path is a module of a library.
    """
    for _, source in sources:
        imports = _imported(source, modules)
        if not imports:
            continue
        names = "|".join(map(re.escape, imports))
        uses = list(re.finditer(rf"^[ \t]*[^#'\"\n]*?\b(?:{names})(?:\.[\w.]+)?[.(]", source, re.M))
        for match in random.Random(3).sample(uses, min(_PER_FILE, len(uses))):
            head = match.group().lstrip()
            if not re.match(r"def |class |from |import ", head):
                yield Site(imports, head, _before(source, match.end(), imports))


def _imported(source: str, modules: Callable[[str], bool]) -> dict[str, Import]:
    found: dict[str, Import] = {}
    for match in _IMPORT.finditer(source):
        module, alias, parent, name, other = match.groups()
        path = module or f"{parent}.{name}"
        bound = (alias or module) if module else (other or name)
        if "." not in bound and modules(module or parent):
            found[bound] = Import(path, match.group().strip())
    return found


def _before(source: str, offset: int, imports: dict[str, Import]) -> str:
    start = source.rfind("\n", 0, max(0, offset - _NEAR)) + 1
    return "".join(f"{item.statement}\n" for item in imports.values()) + source[start:offset]


def written(site: Site, text: str) -> Iterator[Written]:
    """The names that a continuation reads from libraries, and the keywords that it gives them."""
    tree = _parsed(site.head, text.partition("\n")[0])
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Attribute) and (owner := _path(node.value, site.imports)) is not None:
            if (node.end_col_offset or 0) > len(site.head):
                question: Question = {"kind": "attribute", "owner": owner, "name": node.attr}
                question["imports_submodules"] = True
                yield Written(question, _alone(site, node, ast.unparse(node)))
        elif isinstance(node, ast.Call) and (owner := _path(node.func, site.imports)) is not None:
            for word in node.keywords:
                if word.arg is not None and (word.value.end_col_offset or 0) > len(site.head):
                    question = {"kind": "keyword", "owner": owner, "name": word.arg}
                    yield Written(question, _alone(site, node, f"{ast.unparse(node.func)}({word.arg}=None)"))


def _alone(site: Site, node: ast.expr, text: str) -> str:
    root = next(item.id for item in ast.walk(node) if isinstance(item, ast.Name) and item.id in site.imports)
    return f"{site.imports[root].statement}; {text}"


def _path(node: ast.expr, imports: dict[str, Import]) -> str | None:
    """The dotted path of an expression that starts at an import; ``None`` for any other."""
    if isinstance(node, ast.Name):
        return imports[node.id].path if node.id in imports else None
    if isinstance(node, ast.Attribute) and (inner := _path(node.value, imports)) is not None:
        return f"{inner}.{node.attr}"
    return None


def _parsed(head: str, text: str) -> ast.Module | None:
    """The statement, cut at the last place from which closing its brackets makes it whole."""
    for end in range(len(text), 0, -1):
        part = head + text[:end].rstrip()
        if end < len(text) and re.match(r"\w", text[end]):
            continue  # in the middle of a word
        if (tree := parsed_line(part + _closers(part))) is not None:
            return tree
    return None


def _closers(text: str) -> str:
    stack = []
    for sign in text:
        if sign in "([{":
            stack.append(")]}"["([{".index(sign)])
        elif sign in ")]}" and stack:
            stack.pop()
    return "".join(reversed(stack))


def measure_inventions(
    environment: Environment,
    engine: Engine,
    found: Iterator[Site],
    judge: Judge,
    notes: Notes,
    *,
    places: int,
    seeded: Path,
) -> dict[str, object]:
    """Let the model go on, freely and held; judge what it wrote; check its inventions.

    Args:
        environment: What is installed.
        engine: The untouched model.
        found: Places.
        judge: Live answers.
        notes: What an earlier, stopped run has seen.
        places: How many to look at.
        seeded: The file with all inventions so far; new ones are added to it.
    """
    names = Names(Installed(environment), engine, engine.bundle.catalogue)
    judged: dict[str, list[Judged]] = {"freely": [], "further": [], "held": []}
    count = 0
    with bar("Looking for inventions", places) as at:
        for count, site in enumerate(islice(found, places), 1):
            hold = names if count % _HELD == 0 else None
            seen = notes.of(f"{site.before}\n{site.head}", partial(_look, engine, hold, site, judge))
            for how, items in seen.items():
                judged[how] += [(Written(question, line), exists) for question, line, exists in items]
            at(count)
    free = judged["freely"] + judged["further"] + earlier(seeded, judge)
    invented = {item.key: item for item, exists in free if not exists}
    return {
        "places": count,
        "untouched model, nothing held": _rate(judged["freely"]),
        "its second to fourth choice, nothing held": _rate(judged["further"]),
        "the same model, held to what exists": _rate(judged["held"]),
        "inventions checked": measure_recall(environment, list(invented.values()), seeded),
    }


def earlier(seeded: Path, judge: Judge) -> list[Judged]:
    """What earlier runs found invented, judged again: another version of a library may have it."""
    lines = seeded.read_text(encoding="utf-8").splitlines() if seeded.is_file() else []
    judged: list[Judged] = []
    for statement, _, expression in (line.partition("; ") for line in lines):
        site = Site(_imported(statement, lambda _: True), head="", before="")
        judged += _judged(site, expression, judge)
    return judged


def _look(engine: Engine, names: Names | None, site: Site, judge: Judge) -> dict[str, list[Noted]]:
    """What is written at a place, freely and, where ``names`` are given, held to those; with verdicts."""
    first, *others = _branches(engine, site)
    texts = {"freely": [first], "further": others}
    if names is not None:
        texts["held"] = [_held(engine, names, site)]
    return {
        how: [
            [item.question, item.line, exists]
            for text in written_there
            for item, exists in _judged(site, text, judge)
        ]
        for how, written_there in texts.items()
    }


@dataclass(frozen=True)
class _Begun:
    """A line whose first token is given."""

    token: int
    rest: UntilLineEnd

    def allowed(self, generated: Sequence[int]) -> Sequence[int] | None:
        """The given token, then whatever the rest of the line may be."""
        return self.rest.allowed(generated) if generated else (self.token,)


def _branches(engine: Engine, site: Site) -> list[str]:
    """What the untouched model writes: its own choice, then what it writes after other first tokens."""
    prompt = Prompt.at(site.before).render()
    likely = engine.following(prompt, ())
    assert likely is not None
    line = UntilLineEnd(engine.tokenizer)
    return [
        engine.generate(prompt, max_tokens=_TOKENS, constraint=_Begun(int(token), line)).text
        for token in likely.argsort()[::-1][:_BRANCHES]
    ]


def _held(engine: Engine, names: Names, site: Site) -> str:
    """What the model writes where it is held to names that exist."""
    guard = names.line(Place(site.before, len(site.before)))
    healed = guard.healed if guard is not None else 0
    prompt = Prompt.at(site.before).render()
    constraint = UntilLineEnd(engine.tokenizer, guard)
    found = engine.generate(prompt[: len(prompt) - healed], max_tokens=_TOKENS, constraint=constraint)
    return found.text[healed:]


def _judged(site: Site, text: str, judge: Judge) -> list[Judged]:
    """The names of a continuation with what the judge says of them; without those that it cannot judge."""
    new = list(written(site, text))
    answers = judge([item.question for item in new])
    return [(item, answer) for item, answer in zip(new, answers, strict=True) if answer is not None]


def _rate(judged: list[Judged]) -> dict[str, object]:
    wrong = [item for item, exists in judged if not exists]
    return {
        "names judged": len(judged),
        "of them do not exist": len(wrong),
        "%": round(100 * len(wrong) / max(1, len(judged)), 1),
        "for instance": [item.line for item in wrong[:10]],
    }


def measure_recall(environment: Environment, inventions: list[Written], seeded: Path) -> dict[str, object]:
    """How many of some invented names the check reports."""
    source = "".join(f"{item.line}\n" for item in inventions)
    seeded.write_text(source, encoding="utf-8")
    findings = Checker(environment).check(source, Path("seeded.py"))
    reported = {finding.line for finding in findings}
    errors = {finding.line for finding in findings if finding.severity == "error"}
    missed = [item.line for number, item in enumerate(inventions, 1) if number not in reported]
    total = max(1, len(inventions))
    return {
        "lines": len(inventions),
        "reported %": round(100 * (len(inventions) - len(missed)) / total, 1),
        "reported as errors %": round(100 * len(errors) / total, 1),
        "missed": missed[:30],
    }
