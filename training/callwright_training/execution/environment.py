"""The library versions that generated code runs with.

``current`` is the environment that this program runs in. ``2024`` is a locked virtual environment with the
versions of APIBench's time, made by ``rlaif-train environment prepare`` (:mod:`.preparation`).
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from callwright_training.errors import SandboxError
from callwright_training.execution.sandbox import Surroundings

Versions = Literal["2024", "current"]
PREPARED = "prepared.json"
"""The note that preparation leaves in an environment's folder: what it was made from."""

_WARM_FIRST = (
    "callwright_training.execution.inside.torchvision_ops",
    "torch",
    "numpy",
    "pandas",
    "PIL.Image",
)
_WARM = (
    "requests",
    "transformers",
    "transformers.pipelines",
    "transformers.models.auto.modeling_auto",
    "transformers.models.auto.tokenization_auto",
    "transformers.models.auto.processing_auto",
    "transformers.models.auto.image_processing_auto",
    "transformers.models.bert.modeling_bert",
    "transformers.models.roberta.modeling_roberta",
    "transformers.models.gpt2.modeling_gpt2",
    "transformers.models.t5.modeling_t5",
    "transformers.models.bart.modeling_bart",
    "transformers.models.marian.modeling_marian",
    "transformers.models.wav2vec2.modeling_wav2vec2",
    "transformers.models.clip.modeling_clip",
    "transformers.models.vit.modeling_vit",
    "diffusers",
    "diffusers.pipelines.stable_diffusion",
    "diffusers.pipelines.ddpm",
    "sentence_transformers",
    "datasets",
    "sklearn.ensemble",
    "soundfile",
    "scipy.io.wavfile",
    "scipy.signal",
    "joblib",
    "sentencepiece",
    "safetensors.torch",
)
LIBRARIES = (*_WARM_FIRST, *_WARM, "callwright_training.execution.inside.warm_up")
"""What the warm parent imports once for all scripts."""


@dataclass(frozen=True)
class Environment:
    """An interpreter with its libraries, and the hub stand-in made for them."""

    name: str
    surroundings: Surroundings

    @classmethod
    def find(cls, versions: str = "2024") -> Environment:
        """The prepared environment of this name.

        Raises:
            SandboxError: It is not prepared.
        """
        folder = environments_folder() / versions
        if not (folder / PREPARED).is_file() or not (folder / "hub" / "index.json").is_file():
            raise SandboxError(
                f"no environment {versions!r} in {folder.parent}; make it with: "
                f"rlaif-train environment prepare --versions {versions}"
            )
        python = Path(sys.executable) if versions == "current" else folder / "bin" / "python"
        return cls(versions, Surroundings(python=python, hub=folder / "hub", warm=LIBRARIES))

    @classmethod
    def bare(cls, python: Path | None = None) -> Environment:
        """An interpreter as it is, with nothing imported beforehand and no hub."""
        return cls("bare", Surroundings(python=python or Path(sys.executable)))

    @property
    def is_bare(self) -> bool:
        """Whether it is an interpreter as it is, without a hub."""
        return self.surroundings.hub is None

    @cached_property
    def repositories(self) -> frozenset[str]:
        """The repositories that the hub serves."""
        hub = self.surroundings.hub
        text = (hub / "index.json").read_text(encoding="utf-8") if hub else '{"repositories": []}'
        return frozenset(json.loads(text)["repositories"])

    @cached_property
    def digest(self) -> str:
        """What verdicts depend on besides the script: versions, hub and our own code in the sandbox."""
        hub = self.surroundings.hub
        parts = [json.dumps(self.surroundings.warm)]
        if hub is None:
            parts.append(str(self.surroundings.python))
        else:  # where it lies does not count: the same environment may be on several machines
            parts += [
                path.read_text(encoding="utf-8") for path in (hub / "index.json", hub.parent / PREPARED)
            ]
        inside = Path(__file__).parent / "inside"
        parts += [path.read_text(encoding="utf-8") for path in sorted(inside.glob("*.py"))]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def environments_folder() -> Path:
    """Where prepared environments are."""
    from callwright_server.bundle.installed import callwright_home

    return callwright_home() / "environments"
