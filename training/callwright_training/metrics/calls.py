"""Is the right API called? Strict figures, by parsing the answer's call and the reference's.

All of them read the one call that an answer proposes (:attr:`Case.proposed`):

- ``exact_call``: its canonical text (:func:`callwright_grounding.catalogue.parse_call`: spacing, quotes and
  an assignment in front do not count) is the reference's.
- ``api_match``: the same callable (``transformers.pipeline`` is ``pipeline``), the same set of ids, and every
  argument of the reference with its value; a keyword may be given by position. Further arguments are allowed.
  Source: the sub-tree match of Gorilla's paper (arXiv 2305.15334, section 3.4) as described there: the
  *reference's* call must be contained in the answer's.
- ``id_accuracy``: the same set of ids (model, repository or module names), whatever is called. Not measured
  where the reference's call names none.
- ``invented_ids``: the call names an id that this catalogue version does not have. The denominator is every
  answer, so an answer without a call lowers it: read it with ``names_call``.
- ``names_call``: the answer proposes a call that parses.
"""

from __future__ import annotations

from callwright_grounding.catalogue import Call, named_ids
from callwright_training.metrics.case import Case, Measured


class Calls:
    """Compares the proposed call with the reference's, and its ids with the catalogue."""

    keys = ("api_match", "exact_call", "id_accuracy", "invented_ids", "names_call")

    def score(self, case: Case) -> Measured:
        """Score one answer with 0 or 1; ``id_accuracy`` is ``None`` where the reference names no id."""
        proposed, reference = case.proposed, case.reference
        exact = _text(case.answer.call, proposed) == _text(case.reference_call, reference)
        wanted = set(named_ids(reference)) if reference else set()
        named = set(named_ids(proposed)) if proposed else set()
        unknown = sorted(named - case.catalogue.ids)
        scores: dict[str, float | None] = {
            "api_match": float(exact or matches(proposed, reference)),
            "exact_call": float(exact),
            "id_accuracy": float(named == wanted) if wanted else None,
            "invented_ids": float(bool(unknown)),
            "names_call": float(proposed is not None),
        }
        notes = {"invented_ids": f"not in the catalogue: {', '.join(unknown)}"} if unknown else {}
        return Measured(scores=scores, notes=notes)


def matches(proposed: Call | None, reference: Call | None) -> bool:
    """Whether the proposed call contains the reference's (``api_match``)."""
    if proposed is None or reference is None:
        return False
    return (
        _same_callable(proposed.callable, reference.callable)
        and set(named_ids(proposed)) == set(named_ids(reference))
        and _has_arguments(proposed, reference)
    )


def _same_callable(name: str, other: str) -> bool:
    shorter, longer = sorted((name.split("."), other.split(".")), key=len)
    return longer[-len(shorter) :] == shorter


def _has_arguments(proposed: Call, reference: Call) -> bool:
    """Whether each argument of the reference is given, by its name or with one of the two by position."""
    left = _arguments(proposed)
    for name, value in reversed(_arguments(reference)):
        fitting = [
            given for given in left if given[1] == value and (given[0] == name or None in (given[0], name))
        ]
        if not fitting:
            return False
        left.remove(max(fitting, key=lambda given: given[0] == name))
    return True


def _arguments(call: Call) -> list[tuple[str | None, str]]:
    return [*((None, value) for value in call.positional), *call.keywords]


def _text(source: str | None, call: Call | None) -> str | None:
    if call is not None:
        return call.text
    return source.strip() if source else None
