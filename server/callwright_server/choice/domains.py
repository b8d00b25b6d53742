"""How likely each domain is for an instruction: a multinomial logistic regression on its vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from callwright_server.choice.fusion import Scores


@dataclass(frozen=True, slots=True)
class DomainPrior:
    """The regression's coefficients."""

    names: tuple[str, ...]
    """The domains it knows."""
    weights: NDArray[np.float32]
    """``[domains, width]``."""
    bias: NDArray[np.float32]
    """``[domains]``."""

    def log_probabilities(self, vector: NDArray[np.float32]) -> Scores:
        """Natural log-probability of each domain for a vector ``[width]``."""
        logits = self.weights @ vector + self.bias
        shifted = logits - logits.max()
        return np.asarray(shifted - np.log(np.exp(shifted).sum()), np.float32)

    def rows(self, domains: Sequence[str]) -> NDArray[np.int64]:
        """Index of each domain; one behind the last where it is not known."""
        index = {name: number for number, name in enumerate(self.names)}
        return np.array([index.get(domain, len(self.names)) for domain in domains], np.int64)

    def for_documents(self, vector: NDArray[np.float32], rows: NDArray[np.int64]) -> Scores:
        """Log-probability of each document's domain; an unknown domain is as likely as the average one."""
        unknown = np.float32(-np.log(len(self.names)))
        return np.append(self.log_probabilities(vector), unknown)[rows]
