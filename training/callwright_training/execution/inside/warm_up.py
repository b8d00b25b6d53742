"""Brings in what the libraries import only when first used, so that no script has to wait for it.

Imported by the warm parent after everything else. Leaves out running any model: whatever starts a thread
here would be missing in the forked children.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shutil
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
    hub = _hub()
    if hub is not None and (hub / "numba").is_dir():
        with contextlib.suppress(OSError):
            shutil.copytree(hub / "numba", "/tmp/numba")  # noqa: S108 - numba reads only what it could write to
            os.environ["NUMBA_CACHE_DIR"] = "/tmp/numba"  # noqa: S108
    with contextlib.suppress(Exception):
        use_librosa()
    for name in _ON_FIRST_USE:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    if "transformers" in sys.modules:
        _warm_transformers()


def use_librosa() -> None:
    """Have librosa's compiled functions compiled, or read from numba's cache."""
    import librosa
    import numpy

    tone = numpy.sin(numpy.arange(4000) / 10).astype("float32")
    librosa.to_mono(tone)
    librosa.resample(tone, orig_sr=8000, target_sr=16000)
    librosa.feature.mfcc(y=tone, sr=8000, n_mfcc=4)
    librosa.effects.trim(tone)


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
    hub = _hub()
    return sorted(path.name for path in (hub / "models").iterdir()) if hub is not None else []


def _hub() -> Path | None:
    """The hub's folder, where the warm parent was given one."""
    plan = json.loads(sys.argv[1]) if sys.argv[1:] and sys.argv[1].startswith("{") else {}
    return Path(plan["hub"]) if plan.get("hub") else None


if sys.argv[0].endswith("warm_parent.py"):
    warm_up()
