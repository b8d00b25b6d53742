"""ROUGE of the script against the reference's script: n-gram and subsequence overlap.

Source: Lin, *ROUGE: A Package for Automatic Evaluation of Summaries* (ACL 2004), as computed by the package
``rouge-score`` 0.1.2: F1 over lower-cased runs of letters and digits, no stemmer. ``rouge_1`` and ``rouge_2``
compare single words and pairs, ``rouge_l`` the longest common subsequence of the whole script, ``rouge_lsum``
the union of those of its lines; ``rouge_mean`` is the mean of the four. Only scripts are compared, never
explanations. An answer without a script scores 0; a question whose reference has none is not measured.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from callwright_training.metrics.case import Case, Measured

_NAMES = {"rouge_1": "rouge1", "rouge_2": "rouge2", "rouge_l": "rougeL", "rouge_lsum": "rougeLsum"}


class Rouge:
    """ROUGE-1, -2, -L, -Lsum (F1) and their mean."""

    keys = (*_NAMES, "rouge_mean")

    def score(self, case: Case) -> Measured:
        """Compare one script with its reference's; scores from 0 to 1."""
        if not case.reference_code:
            return Measured(scores=dict.fromkeys(self.keys))
        found = self._scorer.score(case.reference_code, case.answer.code or "")
        scores: dict[str, float | None] = {key: found[name].fmeasure for key, name in _NAMES.items()}
        return Measured(scores={**scores, "rouge_mean": sum(filter(None, scores.values())) / len(_NAMES)})

    @cached_property
    def _scorer(self) -> Any:
        from rouge_score.rouge_scorer import RougeScorer

        return RougeScorer(list(_NAMES.values()), use_stemmer=False)
