"""What only the environment itself can tell the static tier: names, tasks, Auto classes."""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
import sys
from typing import Any

_LIBRARIES = ("transformers", "diffusers", "sentence_transformers", "datasets", "huggingface_hub", "torch")


def gather() -> dict[str, Any]:
    """Public names of the libraries, pipeline tasks, and which model types each Auto class takes."""
    return {
        "names": {name: names for name in _LIBRARIES if (names := _names(name))},
        "modules": sorted({*sys.stdlib_module_names, *(found.name for found in pkgutil.iter_modules())}),
        "dummies": _dummies(),
        **_tasks(),
        "auto": _auto(),
    }


def _names(module: str) -> list[str]:
    with contextlib.suppress(Exception):
        loaded = importlib.import_module(module)
        below = [found.name for found in pkgutil.iter_modules(getattr(loaded, "__path__", []))]
        return sorted({*dir(loaded), *below})
    return []


def _dummies() -> list[str]:
    """Classes of transformers that only say which backend is missing."""
    found: set[str] = set()
    with contextlib.suppress(Exception):
        import transformers

        backends = {"tf": "is_tf_available", "flax": "is_flax_available"}
        for name, available in backends.items():
            if not getattr(transformers.utils, available, lambda: False)():
                with contextlib.suppress(ImportError):
                    dummies = importlib.import_module(f"transformers.utils.dummy_{name}_objects")
                    found |= {
                        entry for entry in dir(dummies) if entry[0].isupper() and entry != "DummyObject"
                    }
    return sorted(found)


def _tasks() -> dict[str, Any]:
    with contextlib.suppress(Exception):
        from transformers.pipelines import SUPPORTED_TASKS, TASK_ALIASES

        return {"tasks": sorted({*SUPPORTED_TASKS, *TASK_ALIASES})}
    return {"tasks": []}


def _auto() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with contextlib.suppress(Exception):
        from transformers.models.auto import modeling_auto

        for name in dir(modeling_auto):
            mapping = getattr(getattr(modeling_auto, name), "_model_mapping", None)
            if name.startswith("AutoModel") and mapping is not None:
                found[name] = sorted(mapping._model_mapping)
    return found
