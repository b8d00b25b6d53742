"""Making a base model tunable: a LoRA adapter on its linear layers, or every weight."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from callwright_training.bases import Base
    from callwright_training.sft.settings import SFT


def tunable(base: Base, settings: SFT) -> Any:
    """The model to train: peft's around the base's, or the base's own with ``full``.

    The adapter's first values depend on the seed only.
    """
    import torch
    from peft import LoraConfig, get_peft_model

    if settings.full:
        return base.model.train()
    layers = range(settings.lora_first_layer, base.model.config.num_hidden_layers)
    config = LoraConfig(
        task_type="CAUSAL_LM",
        r=settings.lora_rank,
        lora_alpha=settings.lora_alpha,
        lora_dropout=settings.lora_dropout,
        target_modules=linear_layers(base.model),
        layers_to_transform=list(layers) if settings.lora_first_layer else None,
        fan_in_fan_out=base.model.config.model_type == "gpt2",  # its Conv1D keeps weights transposed
    )
    torch.manual_seed(settings.seed)
    return get_peft_model(base.model, config)


def save(model: Any, base: Base, folder: Path) -> None:
    """Write what was trained and the tokenizer; the same weights and settings give the same bytes.

    An adapter names its base as it was asked for, never by a folder of this machine.
    """
    adapted = hasattr(model, "peft_config")
    if adapted:
        model.peft_config["default"].base_model_name_or_path = base.name
    model.save_pretrained(folder, **({"save_embedding_layers": False} if adapted else {}))
    base.tokenizer.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)  # peft's empty model card
    if adapted:
        _sort_settings(folder / "adapter_config.json")


def _sort_settings(file: Path) -> None:
    """Give peft's settings an order: it writes a set of names as it comes."""
    settings = json.loads(file.read_text(encoding="utf-8"))
    settings["target_modules"] = sorted(settings["target_modules"])
    file.write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def linear_layers(model: Any) -> list[str]:
    """Names of the linear layers of a model's blocks, without the output layer."""
    head = model.get_output_embeddings()
    kinds = {"Linear", "Conv1D"}
    found = {
        name.rpartition(".")[2]
        for name, module in model.named_modules()
        if type(module).__name__ in kinds and module is not head
    }
    return sorted(found)
