"""PPO where the user is served a choice: the action is one entry of the shortlist, in place of a token.

The policy is the softmax over the shortlist of what the server weighs. Of that either the language model's
mean log-likelihood of the question after each document is trained, or the encoder's cosine between the two;
the rest stays as it is. What every entry earns is known, so that none need be drawn: each counts by its
probability, which takes the noise of drawing out of the gradient (expected policy gradients, Ciosek and
Whiteson, arXiv 1706.05374). The baseline is the policy's own mean, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from callwright_server.choice.documents import Document, scored_pair
from callwright_training.choice.encoders import forward
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


@dataclass(frozen=True)
class Cosines:
    """The tuned encoder's part of the choice."""

    tokenizer: Any
    scale: float
    """What the cosine counts in the choice."""
    half: bool
    """Compute in bfloat16."""

    def __call__(self, model: Any, shortlists: Sequence[Shortlist]) -> Tensor:
        """As :class:`Shares` has it; ``model`` is the encoder."""
        texts = dict.fromkeys(document.text for one in shortlists for document in one.documents)
        places = {text: place for place, text in enumerate(texts)}
        documents = forward(model, self.tokenizer, list(texts), half=self.half)
        questions = forward(model, self.tokenizer, [one.question for one in shortlists], half=self.half)
        cosines = [
            documents[[places[document.text] for document in one.documents]] @ question
            for one, question in zip(shortlists, questions, strict=True)
        ]
        return _log_shares([self.scale * part for part in cosines], shortlists)


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
