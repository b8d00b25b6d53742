"""CodeBLEU of the script against the reference's script, without the package's floor.

Source: Ren et al., *CodeBLEU: a Method for Automatic Evaluation of Code Synthesis* (arXiv 2009.10297); the
four parts are computed with the functions of the package ``codebleu`` 0.7.0:

- ``codebleu_ngram``: BLEU-4 over white-space tokens;
- ``codebleu_weighted``: the same as recall, keywords of the language weigh 1 and other tokens 0.2;
- ``codebleu_syntax``: share of the reference's syntax subtrees that the answer has too (leaves do not count);
- ``codebleu_dataflow``: share of the reference's data-flow edges that the answer has too, variables renamed;
- ``codebleu``: the mean of the four. ``codebleu_corpus``: the four from counts summed over all answers, then
  the mean.

The package compares the answer's length with 2 (a pair's) in the weighted part, so that brevity is hardly
punished there; every published CodeBLEU made with it, and its predecessor, has that, and so has this one.

Two things differ from ``codebleu.calc_codebleu``. The package adds ``0.25 * (dataflow or 1)``, so that an
empty answer scores 0.25: here a part that is 0 counts 0, and an empty answer scores 0. And its data-flow part
depends on the order of a set of names, which changes from process to process: here names are sorted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from callwright_training.metrics.case import Case, Measured

PARTS = ("codebleu_ngram", "codebleu_weighted", "codebleu_syntax", "codebleu_dataflow")
_ORDERS = (1, 2, 3, 4)
_SMOOTHING = 0.1
"""What an n-gram order without a match counts: Chen and Cherry's method 1, as in the package."""
_WEIGHTED_LENGTH = 2
"""What the package takes for the reference's length in the weighted part."""


class CodeBleu:
    """CodeBLEU per answer and over a corpus."""

    keys = ("codebleu", *PARTS, "codebleu_corpus")

    def score(self, case: Case) -> Measured:
        """Compare one script with its reference's; ``codebleu_corpus`` is left to :meth:`total`."""
        if not case.reference_code:
            return Measured(scores=dict.fromkeys(("codebleu", *PARTS)))
        counts = count(case.answer.code or "", case.reference_code)
        parts = _parts(counts)
        mean = sum(parts) / len(PARTS)
        scores: dict[str, float | None] = {"codebleu": mean, **dict(zip(PARTS, parts, strict=True))}
        return Measured(scores=scores, counts={"codebleu_corpus": counts})

    @staticmethod
    def total(counts: Sequence[Sequence[float]]) -> float | None:
        """The corpus figure, from 0 to 1, of the counts of many answers; ``None`` where there are none."""
        if not counts:
            return None
        return sum(_parts([sum(column) for column in zip(*counts, strict=True)])) / len(PARTS)


def count(code: str, reference: str) -> list[float]:
    """What adds up over answers.

    Returns:
        23 numbers: for BLEU and for its weighted form the matches of the four orders, their totals; the
        answer's length in tokens and the two lengths it is compared with; matched and all subtrees; matched
        and all data-flow edges.
    """
    code, reference = code.strip(), reference.strip()
    tokens, wanted = code.split(), reference.split()
    return [
        *_flatten(_precision(wanted, tokens)),
        *_flatten(_weighted_recall(wanted, tokens)),
        len(tokens),
        len(wanted),
        _WEIGHTED_LENGTH,
        *_syntax(code, reference),
        *_dataflow(code, reference),
    ]


def _parts(counts: Sequence[float]) -> tuple[float, float, float, float]:
    length, wanted, weighted_wanted, *shares = counts[16:]
    if not length:
        return 0.0, 0.0, 0.0, 0.0
    return (
        _bleu(counts[0:4], counts[4:8], length, wanted),
        _bleu(counts[8:12], counts[12:16], length, weighted_wanted),
        _share(shares[0], shares[1]),
        _share(shares[2], shares[3]),
    )


def _bleu(matched: Sequence[float], totals: Sequence[float], length: float, wanted: float) -> float:
    """Brevity penalty times the geometric mean of the orders' precisions (Papineni et al., ACL 2002)."""
    if not matched[0]:
        return 0.0
    logs = [math.log((hits or _SMOOTHING) / total) for hits, total in zip(matched, totals, strict=True)]
    brevity = 1.0 if length > wanted else math.exp(1 - wanted / length)
    return brevity * math.exp(sum(logs) / len(logs))


def _precision(wanted: list[str], tokens: list[str]) -> list[tuple[float, float]]:
    from codebleu.bleu import modified_precision

    return [modified_precision([wanted], tokens, order) for order in _ORDERS]


def _weighted_recall(wanted: list[str], tokens: list[str]) -> list[tuple[float, float]]:
    from codebleu.weighted_ngram_match import modified_recall

    weights = {token: 1 if token in _keywords() else 0.2 for token in wanted}
    return [modified_recall([[wanted, weights]], tokens, order) for order in _ORDERS]


def _syntax(code: str, reference: str) -> tuple[int, int]:
    found, wanted = set(_subtrees(code)), _subtrees(reference)
    return sum(subtree in found for subtree in wanted), len(wanted)


def _dataflow(code: str, reference: str) -> tuple[int, int]:
    found, wanted = list(_edges(code)), _edges(reference)
    matched = 0
    for edge in wanted:
        if edge in found:
            found.remove(edge)
            matched += 1
    return matched, len(wanted)


@lru_cache(maxsize=2048)
def _subtrees(code: str) -> tuple[str, ...]:
    """The shape of every syntax node that has children, and of the root."""
    pending = [_parser().parse(_bare(code).encode()).root_node]
    found = []
    while pending:
        node = pending.pop()
        found.append(str(node))
        pending.extend(child for child in node.children if child.children)
    return tuple(found)


@lru_cache(maxsize=2048)
def _edges(code: str) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Data-flow edges with variables numbered by first appearance."""
    from codebleu.dataflow_match import get_data_flow, normalize_dataflow
    from codebleu.parser import DFG_python

    flow = get_data_flow(_bare(code), [_parser(), DFG_python])
    ordered = [(name, place, kind, sorted(set(sources)), rest) for name, place, kind, sources, rest in flow]
    return tuple((name, kind, tuple(sources)) for name, kind, sources in normalize_dataflow(ordered))


@lru_cache(maxsize=2048)
def _bare(code: str) -> str:
    """The script without comments and docstrings; as it is where it cannot be tokenized."""
    from codebleu.parser import remove_comments_and_docstrings

    try:
        return str(remove_comments_and_docstrings(code, "python"))
    except Exception:  # the package lets every error of tokenize through, and goes on with the code as it is
        return code


@cache
def _parser() -> Any:
    import tree_sitter_python
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_python.language()))


@cache
def _keywords() -> frozenset[str]:
    import codebleu

    path = Path(codebleu.__file__).parent / "keywords" / "python.txt"
    return frozenset(line.strip() for line in path.read_text(encoding="utf-8").splitlines())


def _flatten(pairs: Iterable[tuple[float, float]]) -> list[float]:
    numerators, denominators = zip(*pairs, strict=True)
    return [*numerators, *denominators]


def _share(matched: float, total: float) -> float:
    return matched / total if total else 0.0
