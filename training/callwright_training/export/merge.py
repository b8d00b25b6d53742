"""A base and its adapter become one model."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from callwright_training.errors import ExportError

if TYPE_CHECKING:
    from callwright_training.bases import Base

ADAPTER_CONFIG, ADAPTER_WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
EVALUATION = "evaluation.json"


def merge(base: Base, adapter: Path | None) -> Any:
    """The base's model with the adapter's weights added in; it changes the base's model in place.

    Args:
        base: The loaded base.
        adapter: Folder as peft writes it, or ``None``.

    Raises:
        ExportError: The adapter does not fit the base.
    """
    if adapter is None:
        return base.model
    from peft import PeftModel

    check_adapter(adapter)
    try:
        tuned = PeftModel.from_pretrained(base.model, str(adapter))
    except (RuntimeError, ValueError, KeyError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ExportError(f"{adapter}: this adapter does not fit the base {base.name}: {reason}") from error
    return tuned.merge_and_unload().eval()


def check_adapter(adapter: Path) -> None:
    """Make sure that an adapter's files are there.

    Raises:
        ExportError: One is missing.
    """
    for name in (ADAPTER_CONFIG, ADAPTER_WEIGHTS):
        if not (adapter / name).is_file():
            raise ExportError(
                f"{adapter}: no adapter here ({name} is missing); `rlaif-train sft` writes one."
            )


def adapter_hash(adapter: Path | None) -> str:
    """SHA-256 over configuration and weights of an adapter; empty for none."""
    if adapter is None:
        return ""
    check_adapter(adapter)
    digest = hashlib.sha256()
    for name in (ADAPTER_CONFIG, ADAPTER_WEIGHTS):
        digest.update(hashlib.sha256((adapter / name).read_bytes()).digest())
    return digest.hexdigest()


def base_of(adapter: Path) -> str:
    """Name of the base that an adapter was trained on, as peft noted it; empty where it noted none."""
    check_adapter(adapter)
    settings = json.loads((adapter / ADAPTER_CONFIG).read_text(encoding="utf-8"))
    return str(settings.get("base_model_name_or_path") or "")


def evaluation_of(adapter: Path | None) -> dict[str, Any]:
    """Results published with the adapter; empty where there are none."""
    if adapter is None or not (adapter / EVALUATION).is_file():
        return {}
    results = json.loads((adapter / EVALUATION).read_text(encoding="utf-8"))
    return results if isinstance(results, dict) else {"results": results}
