"""The judge ``local``: a causal language model on this machine, by the log-odds of yes against no.

Nothing is generated: after each question the probabilities of the tokens of "yes" and "no" are compared, so
there is nothing to parse and the answer comes with a confidence (as in ZYN, arXiv 2308.06385).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, NonNegativeFloat, PositiveInt

from callwright_plugins.errors import JudgeError
from callwright_plugins.judge import Answer, Answers, Judge, JudgeContext, Pair
from callwright_plugins.questions import Question
from callwright_plugins.validation import FROZEN


class LocalSettings(BaseModel):
    """What the judge ``local`` is told under ``[feedback.options]``."""

    model_config = FROZEN

    model: str = "smollm2-135m"
    """A base's name, a folder or a hub id."""
    margin: NonNegativeFloat = 0.0
    """Log-odds within which it abstains."""
    longest: PositiveInt = 3000
    """Characters of code that it reads; what is longer loses its middle."""


class LocalJudge(Judge):
    """A causal language model of transformers.

    Args:
        options: The fields of :class:`LocalSettings`.
    """

    spread = True

    def __init__(self, **options: Any) -> None:
        self.settings = LocalSettings(**options)

    def open(self, context: JudgeContext) -> None:
        """Load the model."""
        del context
        try:
            import torch  # noqa: F401
        except ImportError as error:
            raise JudgeError("judge 'local' needs torch: pip install 'callwright[train]'") from error
        from callwright_training.bases import load_base

        self._base = load_base(self.settings.model)
        self._yes, self._no = (self._first_tokens(word) for word in ("yes", "no"))

    def answer(self, pair: Pair, questions: Sequence[Question]) -> Answers:
        """Compare yes and no after each question; the task and the code are read once."""
        from transformers import DynamicCache

        tokenizer, model = self._base.tokenizer, self._base.model
        head = self._ids(f"Task: {pair.instruction}\n\nCode:\n{self._shortened(pair.code)}\n\n")
        cache = DynamicCache(config=model.config)
        self._read(head, cache)
        answers = {}
        for question in questions:
            tail = tokenizer(
                f"Question: {question.text}\nAnswer (yes or no):", add_special_tokens=False
            ).input_ids
            odds = self._log_odds(self._read(tail, cache))
            cache.crop(-len(tail))
            answers[question.id] = self._told(odds)
        return answers

    def _read(self, ids: list[int], cache: Any) -> Any:
        """Log-probabilities of the token behind these, ``[vocabulary]``; the cache grows."""
        import torch

        with torch.no_grad():
            output = self._base.model(
                input_ids=torch.tensor([ids]), past_key_values=cache, use_cache=True, logits_to_keep=1
            )
        return torch.log_softmax(output.logits[0, -1].float(), dim=-1)

    def _log_odds(self, logged: Any) -> float:
        return float(logged[self._yes].logsumexp(0) - logged[self._no].logsumexp(0))

    def _told(self, odds: float) -> Answer:
        yes = None if abs(odds) <= self.settings.margin else odds > 0
        return Answer(yes, f"log-odds {odds:+.2f}", 1 / (1 + math.exp(-abs(odds))))

    def _ids(self, text: str) -> list[int]:
        longest = int(getattr(self._base.model.config, "max_position_embeddings", 2048)) - 200
        ids: list[int] = self._base.tokenizer(text, add_special_tokens=False).input_ids
        return ids if len(ids) <= longest else ids[: longest // 2] + ids[-(longest - longest // 2) :]

    def _shortened(self, code: str) -> str:
        longest = self.settings.longest
        return code if len(code) <= longest else f"{code[: longest // 2]}\n...\n{code[-longest // 2 :]}"

    def _first_tokens(self, word: str) -> list[int]:
        """First tokens of the word in its usual spellings."""
        spellings = [
            f"{space}{form}" for space in (" ", "") for form in (word, word.capitalize(), word.upper())
        ]
        ids = [self._base.tokenizer(text, add_special_tokens=False).input_ids[0] for text in spellings]
        return sorted(set(ids))
