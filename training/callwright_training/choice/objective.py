"""Learning to choose: the instruction must be likeliest after the document that answers it.

For each question the language model scores the instruction's mean log-likelihood after the right document
and after a few wrong ones from the top of the retriever's list; the loss is the cross-entropy of the right
one, with a learned scale. Texts are those of :func:`callwright_server.choice.scored_pair`, so the server asks
what was learned.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from callwright_server.choice.documents import Document, scored_pair
from callwright_training.choice.settings import Choice
from callwright_training.sft.examples import Example
from callwright_training.sft.objective import Loss, Objective, target_log_probabilities

if TYPE_CHECKING:
    from torch import nn
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class Contest:
    """One question, the document that answers it and those that only seem to."""

    question: str
    right: Document
    wrong: tuple[Document, ...]


class ChoiceObjective(Objective):
    """Learn which of a few documents an instruction means.

    Args:
        contests: What the catalogue answers; seen in every epoch.
        practice: About other APIs; seen in the first epoch, before the rest.
        tokenizer: The language model's.
        settings: Sizes and weights.
    """

    name = "choice"

    def __init__(
        self,
        contests: Sequence[Contest],
        practice: Sequence[Contest],
        tokenizer: PreTrainedTokenizerBase,
        settings: Choice,
    ) -> None:
        import torch

        need = settings.candidates - 1
        self.contests = [contest for contest in contests if len(contest.wrong) >= need]
        self.practice = [contest for contest in practice if len(contest.wrong) >= need]
        self._tokenizer, self._settings = tokenizer, settings
        self._log_scale = torch.nn.Parameter(torch.tensor(math.log(settings.choice_scale)))

    def batches(self, epoch: int, seed: int) -> list[list[tuple[str, tuple[Document, ...]]]]:
        """Questions with their documents, the right one first."""
        chance = random.Random(f"choice {seed} {epoch}")
        stages = [self.practice, self.contests] if epoch == 0 else [self.contests]
        size = self._settings.choice_questions
        batches = []
        for stage in stages:
            order = list(range(len(stage)))
            chance.shuffle(order)
            drawn = [self._drawn(stage[index], chance) for index in order]
            batches += [drawn[start : start + size] for start in range(0, len(drawn), size)]
        return batches

    def loss(self, model: PreTrainedModel, batch: Any) -> Loss:
        """Cross-entropy of the right documents; the figures tell how often they were the likeliest."""
        import torch
        from torch.nn.functional import cross_entropy

        rows = [self._example(document, text) for text, documents in batch for document in documents]
        found = target_log_probabilities(model, rows, int(self._tokenizer.pad_token_id))
        means = torch.stack([part.mean() for part in found.split([len(row.target) for row in rows])])
        means = means.view(len(batch), -1)
        right = torch.zeros(len(batch), dtype=torch.long, device=means.device)
        scale = self._log_scale.to(means.device).exp()
        value = cross_entropy(scale * means, right)
        value = value - self._settings.choice_likelihood_weight * means[:, 0].mean()
        hits = float((means.argmax(1) == 0).float().mean())
        return Loss(value, sum(map(len, rows)), {"accuracy": hits, "scale": float(scale.detach())})

    def parameters(self) -> dict[str, nn.Parameter]:
        """The logarithm of the scale."""
        return {"log_scale": self._log_scale}

    def _drawn(self, contest: Contest, chance: random.Random) -> tuple[str, tuple[Document, ...]]:
        wrong = chance.sample(contest.wrong, self._settings.candidates - 1)
        return contest.question, (contest.right, *wrong)

    def _example(self, document: Document, text: str) -> Example:
        return pair_example(self._tokenizer, *scored_pair(document, text))


def pair_example(tokenizer: PreTrainedTokenizerBase, prefix: str, continuation: str) -> Example:
    """The tokens of a scored pair, each part tokenised by itself as the engine does."""
    first, second = (tokenizer(text, add_special_tokens=False).input_ids for text in (prefix, continuation))
    return Example(tuple(first), tuple(second))
