"""PPO where the user is served a choice: the action is one entry of the shortlist, in place of a token.

The policy is the softmax over the shortlist of what the server weighs. Of that either the language model's
mean log-likelihood of the question after each document is trained, or a bias of each call; the rest stays as
it is. What every entry earns is known, so that none need be drawn: each counts by its probability, which
takes the noise of drawing out of the gradient (expected policy gradients, Ciosek and Whiteson, arXiv
1706.05374). The baseline is the policy's own mean, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from callwright_server.choice.bias import CallBias, digest, names_of
from callwright_server.choice.documents import Document, scored_pair
from callwright_training.choice.objective import pair_example
from callwright_training.sft.objective import target_log_probabilities


@dataclass(frozen=True, slots=True)
class Shortlist:
    """One question and what may answer it."""

    record: str
    """The record's id."""
    question: str
    documents: tuple[Document, ...]
    prior: tuple[float, ...]
    """What the server weighs beside what is trained, for each document."""
    rewards: tuple[float, ...]
    """What each answer is worth."""


class Shares(Protocol):
    """How a model chooses."""

    def __call__(self, model: Any, shortlists: Sequence[Shortlist]) -> Tensor:
        """Logarithm of each entry's probability, float32 ``[questions, most entries]``; absent ones -inf."""
        ...


@dataclass(frozen=True)
class Likelihoods:
    """The language model's part of the choice."""

    tokenizer: Any
    scale: float
    """What the mean log-likelihood counts in the choice."""

    def __call__(self, model: Any, shortlists: Sequence[Shortlist]) -> Tensor:
        """As :class:`Shares` has it; ``model`` is the language model."""
        rows = [
            pair_example(self.tokenizer, *scored_pair(document, one.question))
            for one in shortlists
            for document in one.documents
        ]
        found = target_log_probabilities(model, rows, int(self.tokenizer.pad_token_id)).float()
        means = torch.stack([part.mean() for part in found.split([len(row.target) for row in rows])])
        parts = means.split([len(one.documents) for one in shortlists])
        return _log_shares([self.scale * part for part in parts], shortlists)


class Biases(nn.Module):  # type: ignore[misc]
    """A bias for every call and for every callable: what can be learned of a call, whatever is asked.

    Args:
        calls: Every call that can be chosen.
        start: What has been learned before.
    """

    def __init__(self, calls: Sequence[str], start: CallBias | None = None) -> None:
        super().__init__()
        names = dict.fromkeys(name for call in calls for name in names_of(call))
        self._places = {name: place for place, name in enumerate(names)}
        self.values = nn.Parameter(torch.zeros(len(names)))
        if start is not None:
            self.values.data = torch.tensor([start.values.get(digest(name), 0.0) for name in names])

    def forward(self, calls: Sequence[str]) -> Tensor:
        """Each call's own bias and its callable's together, ``[calls]``."""
        places = [[self._places[name] for name in names_of(call)] for call in calls]
        return self.values[torch.tensor(places, device=self.values.device)].sum(1)

    def learned(self) -> CallBias:
        """As it is served."""
        return CallBias.named(dict(zip(self._places, self.values.tolist(), strict=True)))


class Biased:
    """The choice by biases, which move calls among those of their own domain; as the server has it."""

    def __call__(self, model: Any, shortlists: Sequence[Shortlist]) -> Tensor:
        """As :class:`Shares` has it; ``model`` is :class:`Biases`."""
        return _log_shares([self._moves(model, one) for one in shortlists], shortlists)

    def _moves(self, model: Any, one: Shortlist) -> Tensor:
        """What is added to each entry's score."""
        bias: Tensor = model([document.call for document in one.documents])
        scores = torch.tensor(one.prior, device=bias.device)
        domains = [document.domain for document in one.documents]
        same = torch.tensor(
            [[first == second for second in domains] for first in domains], device=bias.device
        )
        return bias - _log_sums(scores + bias, same) + _log_sums(scores, same)


def _log_sums(scores: Tensor, same: Tensor) -> Tensor:
    """For each score the log of the sum of its group's exponentials."""
    return scores.expand(len(scores), -1).masked_fill(~same, float("-inf")).logsumexp(1)


def _log_shares(scores: Sequence[Tensor], shortlists: Sequence[Shortlist]) -> Tensor:
    fused = [
        part + torch.tensor(one.prior, device=part.device)
        for part, one in zip(scores, shortlists, strict=True)
    ]
    whole = torch.nn.utils.rnn.pad_sequence(fused, batch_first=True, padding_value=float("-inf"))
    return whole.log_softmax(dim=1)


@dataclass(frozen=True)
class Weighed:
    """A few questions, and what each of their entries earns; tensors ``[questions, most entries]``."""

    shortlists: tuple[Shortlist, ...]
    logprobs: Tensor
    """Logarithms of the entries' probabilities when they were weighed; -inf where there is none."""
    gains: Tensor
    """Each entry's reward and KL penalty above what the policy gets on average; 0 where there is none."""
    reward: Tensor
    """What the policy earns on average, ``[questions]``."""
    kl: Tensor
    """KL divergence of the policy from M_SFT over the shortlist, exact, in nats, ``[questions]``."""
    entropy: Tensor
    """In nats, ``[questions]``."""


def weighed(asked: Sequence[Shortlist], said: Tensor, far: Tensor, coefficient: float) -> Weighed:
    """What each entry earns.

    Args:
        asked: The questions.
        said: The policy's log-probabilities.
        far: M_SFT's.
        coefficient: Reward lost per nat of drift.
    """
    shares = said.exp()
    worth = torch.zeros_like(said)
    for row, one in enumerate(asked):
        worth[row, : len(one.rewards)] = torch.tensor(one.rewards, device=said.device)
    drift = torch.where(shares > 0, said - far, 0.0)
    earned = worth - coefficient * drift
    gains = torch.where(shares > 0, earned - (shares * earned).sum(1, keepdim=True), 0.0)
    return Weighed(
        shortlists=tuple(asked),
        logprobs=said,
        gains=gains,
        reward=(shares * worth).sum(1),
        kl=(shares * drift).sum(1),
        entropy=-torch.where(shares > 0, shares * said, 0.0).sum(1),
    )


def choice_loss(said: Tensor, batch: Weighed, rows: Tensor, clip: float) -> Tensor:
    """PPO's clipped loss of some of the questions; every entry counts by its old probability.

    Args:
        said: The policy's log-probabilities of those questions now.
        batch: What was weighed.
        rows: Which questions of it.
        clip: How far the probability ratio may move.
    """
    rows = rows.to(said.device)
    width = said.shape[1]
    old, gains = batch.logprobs[rows, :width], batch.gains[rows, :width]
    there = old > float("-inf")
    ratio = torch.where(there, said - old, 0.0).exp()
    least = torch.minimum(gains * ratio, gains * ratio.clamp(1 - clip, 1 + clip))
    return -(old.exp() * least).sum(1).mean()


@dataclass(frozen=True, kw_only=True)
class Choosing:
    """The questions that are answered by choosing, and how."""

    shortlists: Sequence[Shortlist]
    shares: Shares

    def said(self, model: Any, rows: Sequence[int]) -> Tensor:
        """A model's log-probabilities for some of the questions; no gradients."""
        with torch.no_grad():
            return self.shares(model, [self.shortlists[row] for row in rows])

    def weigh(self, policy: Any, far: Tensor, rows: Sequence[int], coefficient: float) -> Weighed:
        """What each entry of some of the questions earns; no gradients.

        Args:
            policy: The policy.
            far: M_SFT's log-probabilities; may have columns for more entries than these questions have.
            rows: Which questions.
            coefficient: Reward lost per nat of drift.
        """
        said = self.said(policy, rows)
        asked = [self.shortlists[row] for row in rows]
        return weighed(asked, said, far[:, : said.shape[1]], coefficient)

    def loss(self, policy: Any, batch: Weighed, rows: Tensor, clip: float) -> Tensor:
        """The loss of some of the questions."""
        asked = [batch.shortlists[row] for row in rows.tolist()]
        return choice_loss(self.shares(policy, asked), batch, rows, clip)


def figures_of(batch: Weighed) -> dict[str, float]:
    """What the questions were like, for the log."""
    return {
        "choice/reward": batch.reward.mean().item(),
        "choice/kl": batch.kl.mean().item(),
        "choice/entropy": batch.entropy.mean().item(),
    }
