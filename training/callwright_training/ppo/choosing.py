"""PPO where the user is served a choice: the action is one entry of the shortlist, in place of a token.

The policy is the softmax over the shortlist of what the server weighs: what the retriever says, and the
language model's mean log-likelihood of the question after each document. Only the latter is trained.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from callwright_server.choice.documents import Document, scored_pair
from callwright_training.choice.objective import pair_example
from callwright_training.sampling import uniforms
from callwright_training.sft.objective import target_log_probabilities


@dataclass(frozen=True, slots=True)
class Shortlist:
    """One question and what may answer it."""

    record: str
    """The record's id."""
    question: str
    documents: tuple[Document, ...]
    prior: tuple[float, ...]
    """What the server weighs beside the language model, for each document."""
    rewards: tuple[float, ...]
    """What each answer is worth."""


@dataclass(frozen=True)
class Picks:
    """One answer to each of a few questions; tensors ``[questions]`` or ``[questions, entries]``."""

    shortlists: tuple[Shortlist, ...]
    chosen: Tensor
    """Place of the answer in its shortlist, int64 ``[questions]``."""
    logprobs: Tensor
    """Logarithm of its probability when it was picked."""
    gains: Tensor
    """Its reward and KL penalty above what the policy would have got on average."""
    rewards: Tensor
    kl: Tensor
    """KL divergence of the policy from M_SFT over the shortlist, exact, in nats."""
    entropy: Tensor


@dataclass(frozen=True, kw_only=True)
class Choosing:
    """How the policy chooses."""

    shortlists: Sequence[Shortlist]
    tokenizer: Any
    scale: float
    """What the mean log-likelihood counts in the choice."""
    seed: int

    def log_shares(self, model: Any, shortlists: Sequence[Shortlist]) -> Tensor:
        """Logarithm of each entry's probability, float32 ``[questions, most entries]``; absent ones -inf."""
        rows = [
            pair_example(self.tokenizer, *scored_pair(document, one.question))
            for one in shortlists
            for document in one.documents
        ]
        found = target_log_probabilities(model, rows, int(self.tokenizer.pad_token_id)).float()
        means = torch.stack([part.mean() for part in found.split([len(row.target) for row in rows])])
        parts = means.split([len(one.documents) for one in shortlists])
        fused = [
            self.scale * part + torch.tensor(one.prior, device=part.device)
            for part, one in zip(parts, shortlists, strict=True)
        ]
        whole = torch.nn.utils.rnn.pad_sequence(fused, batch_first=True, padding_value=float("-inf"))
        return whole.log_softmax(dim=1)

    def pick(
        self, policy: Any, reference: Any, rows: Sequence[int], names: Sequence[str], coefficient: float
    ) -> Picks:
        """Answer some of the questions; no gradients.

        Args:
            policy: The policy.
            reference: M_SFT.
            rows: Which questions.
            names: Make the random numbers, one for each question.
            coefficient: Reward lost per nat of drift.
        """
        asked = tuple(self.shortlists[row] for row in rows)
        with torch.no_grad():
            said, far = self.log_shares(policy, asked), self.log_shares(reference, asked)
        shares = said.exp()
        numbers = torch.stack([uniforms(self.seed, name, 1) for name in names]).to(said.device)
        chosen = (shares.cumsum(1) < numbers * shares.sum(1, keepdim=True)).sum(1)
        worth = torch.zeros_like(said)
        for row, one in enumerate(asked):
            worth[row, : len(one.rewards)] = torch.tensor(one.rewards, device=said.device)
        drift = torch.where(shares > 0, said - far, 0.0)
        earned = worth - coefficient * drift
        average = (shares * earned).sum(1)
        place = chosen[:, None]
        return Picks(
            shortlists=asked,
            chosen=chosen,
            logprobs=said.gather(1, place)[:, 0],
            gains=earned.gather(1, place)[:, 0] - average,
            rewards=worth.gather(1, place)[:, 0],
            kl=(shares * drift).sum(1),
            entropy=-torch.where(shares > 0, shares * said, 0.0).sum(1),
        )

    def loss(self, policy: Any, picks: Picks, rows: Tensor, clip: float) -> Tensor:
        """The clipped loss of some of the picks, as tokens have it; the baseline needs no value."""
        asked = [picks.shortlists[row] for row in rows.tolist()]
        rows = rows.to(picks.chosen.device)
        said = self.log_shares(policy, asked).gather(1, picks.chosen[rows, None])[:, 0]
        ratio = (said - picks.logprobs[rows]).exp()
        gains = picks.gains[rows]
        return -torch.minimum(gains * ratio, gains * ratio.clamp(1 - clip, 1 + clip)).mean()


def figures_of(picks: Picks) -> dict[str, float]:
    """What the picks were like, for the log."""
    return {
        "choice/reward": picks.rewards.mean().item(),
        "choice/kl": picks.kl.mean().item(),
        "choice/entropy": picks.entropy.mean().item(),
    }
