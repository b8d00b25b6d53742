"""Samples of the form ``choice``: what M_SFT chooses among the catalogue's calls, as it is served."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from callwright_grounding.catalogue import Catalogue, CatalogueEntry
from callwright_server.choice.chooser import ScoredEntry
from callwright_server.choice.fusion import Scores, softmax
from callwright_training.choice.served import open_chooser
from callwright_training.feedback.samples import Asked, Sample
from callwright_training.sampling import uniforms


@dataclass(frozen=True)
class Choosing:
    """The work of choosing; goes to where it is done as it is."""

    base: str
    """Spells calls in tokens, for M_reward."""
    adapter: Path | None
    samples: int
    temperature: float
    seed: int
    entries: tuple[CatalogueEntry, ...]

    def open(self) -> Callable[[Sequence[Asked]], list[Sample]]:
        """Load the retriever; returns what makes every choice of a few records."""
        from callwright_training.bases import load_base

        tokenizer = load_base(self.base).tokenizer
        chooser = open_chooser(self.adapter, Catalogue(self.entries))
        candidates = chooser.settings.candidates

        def sample(group: Sequence[Asked]) -> list[Sample]:
            drawn = []
            for asked in group:
                listed = chooser.choose(asked.question, limit=candidates, stop=lambda: False)
                prompt = tokenizer(asked.prompt).input_ids
                for number in range(self.samples):
                    name = f"{asked.record}#{number}"
                    text = f"{self._one_of(listed, name).entry.text}\n"
                    drawn.append(
                        Sample(
                            id=name,
                            record=asked.record,
                            instruction=asked.instruction,
                            prompt=asked.prompt,
                            completion=text,
                            prompt_ids=prompt,
                            completion_ids=tokenizer(text).input_ids,
                            stopped=True,
                        )
                    )
            return drawn

        return sample

    def _one_of(self, listed: Sequence[ScoredEntry], name: str) -> ScoredEntry:
        """An entry, drawn by its share; the first where the temperature is 0."""
        if not self.temperature:
            return listed[0]
        scores: Scores = np.array([one.score for one in listed], np.float32) / np.float32(self.temperature)
        number = float(uniforms(self.seed, name, 1)[0])
        place = int((np.cumsum(softmax(scores)) < number).sum())
        return listed[min(place, len(listed) - 1)]
