"""Several processes under ``torchrun``: who am I, sums over all, equal gradients; one needs none of it."""

from __future__ import annotations

import os
from collections.abc import Iterable

import torch
import torch.distributed as dist
from torch import Tensor


def join() -> tuple[int, int]:
    """This process's rank and how many there are; joins them on first call."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return 0, 1
    if not dist.is_initialized():
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    return dist.get_rank(), dist.get_world_size()


def summed(value: Tensor) -> Tensor:
    """The sum over all processes."""
    if dist.is_available() and dist.is_initialized():
        value = value.clone()
        dist.all_reduce(value)
    return value


def average_gradients(parameters: Iterable[torch.nn.Parameter]) -> None:
    """Give every process the mean of all processes' gradients."""
    if not (dist.is_available() and dist.is_initialized()):
        return
    for parameter in parameters:
        if parameter.grad is not None:
            dist.all_reduce(parameter.grad)
            parameter.grad /= dist.get_world_size()


def wait() -> None:
    """Wait until every process is here."""
    if dist.is_available() and dist.is_initialized():
        dist.barrier()
