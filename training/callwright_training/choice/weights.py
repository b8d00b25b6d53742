"""Fitting what retriever and language model count in the shortlist, on records that neither has seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from callwright_server.choice.fusion import ChoiceSettings

TUNED = ChoiceSettings(least_retrieval=13.5)
"""Weights for a tuned encoder. Of 123 questions 96 % reach ``least_retrieval``; of 300 comments from other
people's code 9 % do."""
UNTUNED = ChoiceSettings(
    retrieval={"similarity": 20.0, "words": 0.135, "example_words": 0.05, "domain": 0.48, "foreign": -1.0},
    least_retrieval=6.0,
)
"""Weights without an adapter."""
_PENALTY = 0.02
_STEPS = 200


@dataclass(frozen=True, slots=True)
class Shortlist:
    """One question's candidates, all lists in the same order."""

    retrieval: list[float]
    language_model: list[float]
    right: int | None
    """Place of the right call; ``None`` where it did not make it into the list."""
    same_domain: list[bool]
    """Which candidates are of the right domain."""


def fit_weights(
    shortlists: Sequence[Shortlist], settings: ChoiceSettings, first: float = 5.0
) -> ChoiceSettings:
    """The settings with weights for ``retrieval`` and ``language_model``.

    Every question pays for the right call, where it is listed, and for the right domain, where the list has
    it and others; both weights stay positive and are pulled towards 1 and ``first``.
    """
    import torch

    lists = [one for one in shortlists if len(one.retrieval) > 1]
    if not lists:
        return settings
    logs = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.LBFGS([logs], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        retrieval, language_model = logs[0].exp(), first * logs[1].exp()
        loss = _PENALTY * (logs**2).sum()
        for one in lists:
            scores = retrieval * torch.tensor(one.retrieval)
            shares = (scores + language_model * torch.tensor(one.language_model)).log_softmax(0)
            if one.right is not None:
                loss = loss - shares[one.right] / len(lists)
            same = torch.tensor(one.same_domain)
            if same.any() and not same.all():
                loss = loss - shares[same].logsumexp(0) / len(lists)
        loss.backward()
        return loss

    optimizer.step(closure)
    fitted = {"retrieval": float(logs[0].exp()), "language_model": first * float(logs[1].exp())}
    return settings.model_copy(update={"choice": {**settings.choice, **fitted}})
