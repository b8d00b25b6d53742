"""The mean of several LoRA adapters, as one adapter.

Encoders that were tuned alike but in another order err differently, and the mean of their weights errs less
than each, at the cost of one. Adapters are averaged exactly by putting their matrices side by side.

Source: Wortsman et al., *Model soups* (2022).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"


def average_adapters(folders: Sequence[Path], out: Path) -> None:
    """Write the mean of some adapters; their ranks add up.

    Args:
        folders: Adapters of the same layers, ranks and scales, as ``save_encoder`` writes them.
        out: The folder of the mean; it exists.
    """
    import torch
    from safetensors.torch import load_file, save_file

    parts = [load_file(folder / WEIGHTS) for folder in folders]
    mean = {}
    for name in parts[0]:
        wide = ".lora_A." in name  # A is [rank, in], B is [out, rank]
        rows = [part[name].float() / (1 if wide else len(parts)) for part in parts]
        mean[name] = torch.cat(rows, dim=0 if wide else 1).to(parts[0][name].dtype).contiguous()
    save_file(mean, out / WEIGHTS, metadata={"format": "pt"})
    (out / WEIGHTS).chmod(0o644)
    values = json.loads((folders[0] / CONFIG).read_text(encoding="utf-8"))
    values |= {name: values[name] * len(parts) for name in ("r", "lora_alpha")}
    (out / CONFIG).write_text(json.dumps(values, indent=2, sort_keys=True) + "\n", encoding="utf-8")
