"""Fitting the domain prior: multinomial logistic regression on the untouched encoder's vectors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from callwright_server.choice.domains import DomainPrior

FILE = "domains.safetensors"
_SCALE = 20.0
_PENALTY = 3e-3
_STEPS = 100


def fit_prior(vectors: NDArray[np.float32], domains: Sequence[str]) -> DomainPrior:
    """The regression that tells domains apart by vectors ``[texts, width]`` of length 1.

    The same inputs give the same coefficients: L-BFGS from zero, with a squared penalty.
    """
    import torch
    from torch.nn.functional import cross_entropy

    names = tuple(dict.fromkeys(domains))
    wanted = torch.tensor([names.index(domain) for domain in domains])
    inputs = torch.from_numpy(np.ascontiguousarray(vectors, np.float32))
    weights = torch.zeros(len(names), inputs.shape[1], requires_grad=True)
    bias = torch.zeros(len(names), requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, bias], max_iter=_STEPS)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = cross_entropy(_SCALE * (inputs @ weights.T) + bias, wanted)
        loss = loss + _PENALTY * (weights**2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return DomainPrior(names, (_SCALE * weights).detach().numpy(), bias.detach().numpy())


def save_prior(prior: DomainPrior, folder: Path) -> None:
    """Write the coefficients beside the adapter."""
    from safetensors.numpy import save_file

    tensors = {"weight": prior.weights.astype(np.float16), "bias": prior.bias.astype(np.float16)}
    save_file(tensors, folder / FILE, metadata={"domains": json.dumps(prior.names)})


def load_prior(folder: Path) -> DomainPrior | None:
    """Read what :func:`save_prior` wrote; ``None`` where there is nothing."""
    from safetensors import safe_open

    if not (folder / FILE).is_file():
        return None
    with safe_open(folder / FILE, framework="numpy") as file:
        weights, bias = (np.asarray(file.get_tensor(name), np.float32) for name in ("weight", "bias"))
        names = json.loads(file.metadata()["domains"])
    return DomainPrior(tuple(names), weights, bias)


def prior_for(
    domains: Sequence[str], vectors: NDArray[np.float32], trained: DomainPrior | None
) -> DomainPrior | None:
    """The prior for a catalogue: the trained one where it knows the catalogue's domains, else one of its own.

    Args:
        domains: Each document's domain; empty where unknown.
        vectors: The documents' vectors by the untouched encoder.
        trained: The prior that came with the adapter, which has seen real questions.

    Returns:
        ``None`` where the catalogue has fewer than two domains: then there is nothing to tell apart.
    """
    if trained is not None:
        known = np.mean([domain in trained.names for domain in domains]) if domains else 0.0
        if known >= 0.9:
            return trained
    named = [index for index, domain in enumerate(domains) if domain]
    if len({domains[index] for index in named}) < 2:
        return None
    return fit_prior(vectors[named], [domains[index] for index in named])
