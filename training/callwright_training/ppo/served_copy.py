"""A copy of the policy that only samples: adapters merged, in 16 bits, as a bundle would have it.

Sampling is one token at a time, so it is bound by how many bytes of weights are read. What is learned from
never comes from the copy: log-probabilities are the policy's own.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor


class ServedCopy:
    """A merged copy that follows the policy.

    Args:
        plain: A model of the policy's architecture without adapters, such as the reference; it is copied.
    """

    def __init__(self, plain: Any) -> None:
        self.model = copy.deepcopy(plain).to(torch.bfloat16).eval()
        self._places = dict(self.model.named_parameters())

    def of(self, policy: Any) -> Any:
        """The copy, after it has taken over the policy's weights of this moment."""
        with torch.no_grad():
            for name, weight in merged_weights(policy):
                if name in self._places:  # a tied output layer has no place of its own
                    self._places[name].copy_(weight)
        return self.model


def merged_weights(policy: Any) -> Iterator[tuple[str, Tensor]]:
    """The policy's trained weights by the names of a plain model, adapters added in."""
    adapted = {name: module for name, module in policy.named_modules() if hasattr(module, "get_delta_weight")}
    for name, module in adapted.items():
        yield f"{name}.weight", module.get_base_layer().weight + module.get_delta_weight("default")
    for name, parameter in policy.named_parameters():
        if parameter.requires_grad and not any(name.startswith(f"{one}.") for one in adapted):
            yield name, parameter
