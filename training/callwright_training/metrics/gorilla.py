"""Gorilla's own two figures: "AST accuracy" and "hallucination".

Source: Patil et al., *Gorilla: Large Language Model Connected with Massive APIs* (arXiv 2305.15334), section
3.4, and the scripts that printed the paper's tables (``eval/eval-scripts/ast_eval_hf.py``, ``…_th.py`` and
``…_tf.py`` of ShishirPatil/gorilla). What is computed is what those scripts compute, their oddities included,
so that figures can be set beside published ones:

- the call is cut out of the raw answer between ``api_call`` and ``api_provider``, up to the last closing
  bracket; an answer without ``api_call`` is parsed whole (TorchHub's script counts it as neither right nor
  hallucinated);
- a catalogue entry matches when every one of its arguments occurs, as a *substring*, in the first subtree of
  the answer that begins with the entry's callable; where no subtree does, the *last* subtree is searched
  instead;
- the first catalogue entry that matches is *the* match; entries without arguments match nothing;
- ``gorilla_accuracy``: the match's **domain** is the reference's domain (not: it is the same API);
- ``gorilla_hallucination``: no entry matches.

So the reference answers themselves do not score 100 / 0, and a different model of the same domain counts as
right. :mod:`callwright_training.metrics.calls` has the strict figures to read beside these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from callwright_training.metrics.case import Case, Measured

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

Benchmark = Literal["huggingface", "torchhub", "tensorhub"]
"""Which of the three published scripts is followed; they differ in the arguments that count."""


@dataclass(frozen=True, slots=True)
class Api:
    """One line of the published API catalogue."""

    call: str
    """Its call, exactly as published: repairs would change which entry is hit first."""
    domain: str


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What an answer must contain to match one API."""

    api: Api
    head: str
    arguments: tuple[str, ...]


class Gorilla:
    """Scores answers as Gorilla's published script does; see the module's docstring.

    Args:
        apis: The APIs to match, in their published order: the first hit wins.
        raw: Whether the domains are as published, so that the reference's must be as published too.
        benchmark: Whose script to follow; by default the one that fits the APIs' calls.
    """

    keys = ("gorilla_accuracy", "gorilla_hallucination")

    def __init__(self, apis: Sequence[Api], *, raw: bool = True, benchmark: Benchmark | None = None) -> None:
        self.raw = raw
        self.benchmark = benchmark or benchmark_of(apis)
        patterns = (_pattern(api, _ARGUMENT[self.benchmark]) for api in apis)
        self._patterns = [pattern for pattern in patterns if pattern is not None and pattern.arguments]

    def score(self, case: Case) -> Measured:
        """Match one answer; the scores are 0 or 1, and the note names the API that it matched."""
        source = _proposed_source(case.answer.text)
        if source is None and self.benchmark == "torchhub":
            return _measured(correct=False, invented=False, note="no api_call in the answer")
        match = self._match(case.answer.text if source is None else source)
        if match is None:
            return _measured(correct=False, invented=True, note="matches nothing in the catalogue")
        domain = case.reference_domain_raw if self.raw else case.reference_domain
        correct = match.domain.split() == domain.split()
        return _measured(correct=correct, invented=False, note=f"matches {match.call} ({match.domain})")

    def _match(self, source: str) -> Api | None:
        subtrees = _subtrees(source)
        first_with = dict(reversed(subtrees))
        for pattern in self._patterns:
            text = first_with.get(pattern.head, subtrees[-1][1])
            if all(argument in text for argument in pattern.arguments):
                return pattern.api
        return None


def benchmark_of(apis: Sequence[Api]) -> Benchmark:
    """Which part of APIBench these APIs are, by the first call; ``huggingface`` where none fits."""
    first = apis[0].call if apis else ""
    if "torch.hub.load" in first:
        return "torchhub"
    return "tensorhub" if first.startswith("hub.") else "huggingface"


def _proposed_source(text: str) -> str | None:
    """What the script takes for the answer's call; ``None`` where ``api_call`` does not occur."""
    _, found, rest = text.partition("api_call")
    if not found:
        return None
    rest = rest.split("api_call")[0].split("api_provider")[0]
    start = rest.index(":") if ":" in rest else 0
    end = rest.rindex(")") if ")" in rest else -2
    return rest[start + 2 : end + 1]


@cache
def _parser() -> Parser:
    # Which subtrees a broken answer has depends on the grammar; 0.21 gives the published figures.
    import tree_sitter_python
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_python.language()))


def _subtrees(source: str) -> list[tuple[str | None, str]]:
    """First child's text and own text of the root and of every inner node, in the script's order."""
    pending = [_parser().parse(source.encode()).root_node]
    found = []
    while pending:
        node = pending.pop()
        found.append((_text(node.children[0]) if node.children else None, _text(node)))
        pending.extend(child for child in node.children if child.children)
    return found


def _pattern(api: Api, argument: Callable[[Node], str | None]) -> _Pattern | None:
    """What an API's call demands; ``None`` where it is no call (a shell command, a lone name)."""
    try:
        call = _parser().parse(api.call.encode()).root_node.children[0].children[0]
        head, listed = call.children[0], call.children[1].children
        values = [value.strip("'") for child in listed if (value := argument(child)) is not None]
    except IndexError:
        return None
    return _Pattern(api, _text(head), tuple(values))


def _any_argument(node: Node) -> str | None:
    text = _text(node)
    if "=" in text:
        return _text(node.children[2])
    return None if text in {"(", ")", ","} else text


def _torchhub_argument(node: Node) -> str | None:
    text = _text(node)
    return _text(node.children[2]) if "repo_or_dir" in text or "model" in text else None


def _tensorhub_argument(node: Node) -> str | None:
    text = _text(node)
    if "model=" in text or "model =" in text:
        return _text(node.children[2])
    return None if text in {"(", ")", ","} else text


_ARGUMENT: dict[Benchmark, Callable[[Node], str | None]] = {
    "huggingface": _any_argument,
    "torchhub": _torchhub_argument,
    "tensorhub": _tensorhub_argument,
}


def _text(node: Node) -> str:
    return node.text.decode() if node.text else ""


def _measured(*, correct: bool, invented: bool, note: str) -> Measured:
    scores: dict[str, float | None] = {
        "gorilla_accuracy": float(correct),
        "gorilla_hallucination": float(invented),
    }
    return Measured(scores=scores, notes={"gorilla_accuracy": note})
