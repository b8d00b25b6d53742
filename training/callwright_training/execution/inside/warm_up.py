"""Brings in what the libraries import only when first used, so that no script has to wait for it.

Imported by the warm parent after everything else. Leaves out running any model: whatever starts a thread
here would be missing in the forked children.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
from pathlib import Path

_ON_FIRST_USE = (
    "torch._dynamo",
    "torch._decomp.decompositions",
    "torch.nn.attention",
    "torch.utils.data",
    "torch.jit",
    "transformers.generation.utils",
    "transformers.generation.logits_process",
    "transformers.integrations",
    "transformers.image_transforms",
    "transformers.onnx",
    "accelerate",
    "diffusers.pipelines.auto_pipeline",
    "sentence_transformers.util",
    "datasets.features",
    "urllib.request",
    "ast",
    "wave",
)


def warm_up() -> None:
    """Import what is imported lazily."""
    for name in _ON_FIRST_USE:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    if "transformers" in sys.modules:
        _warm_transformers()


def _warm_transformers() -> None:
    from transformers import CONFIG_MAPPING
    from transformers.models.auto import tokenization_auto

    for model_type in list(CONFIG_MAPPING):
        with contextlib.suppress(Exception):
            CONFIG_MAPPING[model_type]
    for kind in list(CONFIG_MAPPING.values()):
        with contextlib.suppress(Exception):
            tokenization_auto.TOKENIZER_MAPPING.get(kind)
    for model_type in _served():
        package = f"transformers.models.{model_type.replace('-', '_')}"
        for part in ("modeling", "processing", "image_processing", "feature_extraction"):
            with contextlib.suppress(Exception):
                importlib.import_module(f"{package}.{part}_{model_type.replace('-', '_')}")


def _served() -> list[str]:
    """The model types that the hub serves."""
    plan = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    models = Path(plan.get("hub") or "/nonexistent", "models")
    return sorted(path.name for path in models.iterdir()) if models.is_dir() else []


warm_up()
