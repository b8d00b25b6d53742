"""Brings in what the libraries import only when first used, so that no script has to wait for it.

Imported by the warm parent after everything else. Small models of the hub are run too: what runs for the
first time reads files, compiles patterns and writes to pages that a forked child would have to copy. All that
runs here must stay in one thread, since others would be missing in the children.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

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
_BERT = "bert-base-uncased"
_RUN = (
    ("text-classification", "distilbert-base-uncased-finetuned-sst-2-english", "Hello"),
    ("text-generation", "gpt2", "Hello"),
    ("text2text-generation", "t5-small", "Hello"),
    ("image-classification", "google/vit-base-patch16-224", "picture"),
    ("automatic-speech-recognition", "facebook/wav2vec2-base-960h", "sound"),
)
_ROUNDS = 3


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
        if _plan().get("sandbox") == "namespaces" and _hub() is not None:
            for _ in range(_ROUNDS):
                _run_models()
            _forget()


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


def _run_models() -> None:
    import numpy
    from PIL import Image
    from transformers import AutoModel, AutoTokenizer, pipeline

    picture, sound = Image.new("RGB", (40, 30)), numpy.zeros(4000, dtype="float32")
    for task, model, given in _RUN:
        with contextlib.suppress(Exception):
            pipeline(task, model=model)({"picture": picture, "sound": sound}.get(given, given))
    with contextlib.suppress(Exception):
        AutoModel.from_pretrained(_BERT)(**AutoTokenizer.from_pretrained(_BERT)("Hello", return_tensors="pt"))


def _forget() -> None:
    """Leave no connection to the hub behind: a child may have this process's number."""
    with contextlib.suppress(Exception):
        from huggingface_hub.utils import reset_sessions

        reset_sessions()


def _served() -> list[str]:
    """The model types that the hub serves."""
    hub = _hub()
    return sorted(path.name for path in (hub / "models").iterdir()) if hub is not None else []


def _hub() -> Path | None:
    """The hub's folder, where the warm parent was given one."""
    plan = _plan()
    return Path(plan["hub"]) if plan.get("hub") else None


def _plan() -> dict[str, Any]:
    plan: dict[str, Any] = json.loads(sys.argv[1]) if sys.argv[1:] and sys.argv[1].startswith("{") else {}
    return plan


if sys.argv[0].endswith("warm_parent.py"):
    warm_up()
