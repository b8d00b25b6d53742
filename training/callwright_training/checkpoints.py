"""Checkpoints that a killed run goes on from: tensors as safetensors, the rest as JSON, appearing as a whole.

Random numbers need no keeping: every stage draws them from the seed and the number of the step.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import nn


def save_checkpoint(
    folder: Path,
    modules: Mapping[str, nn.Module],
    optimizer: torch.optim.Optimizer,
    state: Mapping[str, Any],
) -> None:
    """Write what is trained, the optimizer and plain values; replaces an older checkpoint.

    Args:
        folder: The checkpoint's place.
        modules: Name to module; only parameters that are trained are kept.
        optimizer: An optimizer whose state holds tensors and numbers, such as AdamW.
        state: Plain JSON values, such as the number of the next step.
    """
    from safetensors.torch import save_file

    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    save_file(trained(modules), partial / "modules.safetensors")
    save_file(_optimizer_tensors(optimizer), partial / "optimizer.safetensors")
    (partial / "state.json").write_text(json.dumps(dict(state)))
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    partial.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def load_checkpoint(
    folder: Path, modules: Mapping[str, nn.Module], optimizer: torch.optim.Optimizer
) -> dict[str, Any] | None:
    """Put a checkpoint's tensors in place; returns its plain values, or ``None`` without a checkpoint."""
    import torch
    from safetensors.torch import load_file

    old = folder.with_name(folder.name + ".old")
    if not folder.exists() and old.exists():
        old.rename(folder)  # killed between the two renames
    if not folder.exists():
        return None
    saved = load_file(folder / "modules.safetensors")
    with torch.no_grad():
        for name, parameter in _trained(modules):
            parameter.copy_(saved[name])
    _put_back(optimizer, load_file(folder / "optimizer.safetensors"))
    state: dict[str, Any] = json.loads((folder / "state.json").read_text())
    return state


def trained(modules: Mapping[str, nn.Module]) -> dict[str, torch.Tensor]:
    """The parameters that are trained, by ``module.parameter``."""
    return {name: parameter.detach().contiguous().cpu().clone() for name, parameter in _trained(modules)}


def _trained(modules: Mapping[str, nn.Module]) -> Iterable[tuple[str, nn.Parameter]]:
    for module_name, module in modules.items():
        for name, parameter in module.named_parameters():
            if parameter.requires_grad:
                yield f"{module_name}.{name}", parameter


def _optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    import torch

    states = optimizer.state_dict()["state"]
    return {
        f"{index}.{key}": torch.as_tensor(value).detach().clone().cpu()
        for index, values in states.items()
        for key, value in values.items()
    }


def _put_back(optimizer: torch.optim.Optimizer, tensors: Mapping[str, torch.Tensor]) -> None:
    whole = optimizer.state_dict()
    states: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        index, _, key = name.partition(".")
        states.setdefault(int(index), {})[key] = tensor
    whole["state"] = states
    optimizer.load_state_dict(whole)
