"""A bundle's manifest: what it was made from, and what every file must look like."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from callwright_server.errors import BundleError
from callwright_server.json_file import complaint

FORMAT_VERSION = 1
"""Version of the bundle format: the files, the graph's inputs and outputs, the manifest's fields."""

MANIFEST = "manifest.json"

Quantization = Literal["fp32", "int8", "int8-dynamic", "int4"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, frozen=True)


class FileRecord(_Strict):
    """One file of a bundle."""

    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """SHA-256 of the file, hexadecimal."""
    size: int = Field(ge=0)
    """Size in bytes."""


class Architecture(_Strict):
    """The shape of the model, as far as the engine must know it."""

    family: Literal["gpt2", "llama"]
    """Which graph it is; both have the same inputs and outputs."""
    layers: int = Field(ge=1)
    """Transformer blocks."""
    hidden_size: int = Field(ge=1)
    """Width of the residual stream."""
    heads: int = Field(ge=1)
    """Query heads."""
    kv_heads: int = Field(ge=1)
    """Key and value heads; fewer than ``heads`` where they are shared."""
    head_size: int = Field(ge=1)
    """Width of one head."""
    vocabulary: int = Field(ge=1)
    """Rows of the embedding, padding rows included."""
    context: int = Field(ge=1)
    """Positions that the model was made for."""
    end_tokens: tuple[int, ...]
    """Token ids that end a text."""


class Parity(_Strict):
    """How far the bundle agrees with the torch model it was made from, measured at export."""

    positions: int = Field(ge=0)
    """Teacher-forced positions of real Python text that were compared."""
    agreement: float = Field(ge=0, le=1)
    """Share of positions where both find the same token likeliest; tokens within 0.01 nat are equal."""
    mean_kl: float
    """Mean Kullback-Leibler divergence from torch's distribution to the bundle's, in nats."""
    relative_error: float = 0.0
    """Root mean square difference of the logits, as a share of the torch logits' own spread."""
    text: str
    """What was read for the comparison."""


class Manifest(_Strict):
    """What a bundle was made from, and what its files must look like."""

    format_version: int = FORMAT_VERSION
    """Version of the bundle format."""
    prompt_version: int
    """Version of the prompt format that the model was tuned with."""
    created_by: str
    """Program and version that wrote the bundle: ``callwright 0.1.0``."""
    name: str
    """The bundle's name, which is also its folder's."""
    base: str
    """Name of the base model."""
    adapter: str = ""
    """SHA-256 over the adapter's files; empty where the base was exported as it is."""
    architecture: Architecture
    """The shape of the model."""
    quantization: Quantization
    """How the weights are stored."""
    weight_bytes: int = Field(default=0, ge=0)
    """Bytes of weights that every token reads: what is looked up by row is not among them."""
    catalogue_version: str
    """Version of the catalogue that lies in the bundle."""
    catalogue_source: str = ""
    """Where that catalogue came from, in words."""
    parity: Parity
    """Agreement with the original model."""
    evaluation: dict[str, Any] = Field(default_factory=dict)
    """Results that were published with the adapter, as its model card has them."""
    inputs: str = ""
    """Fingerprint of everything the bundle was built from; an equal one makes a rebuild unnecessary."""
    files: dict[str, FileRecord]
    """Every other file of the bundle, by its path inside it, with forward slashes."""

    def save(self, folder: Path) -> None:
        """Write the manifest into a bundle's folder."""
        text = self.model_dump_json(indent=2)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Manifest:
        """Read a folder's manifest without looking at the other files.

        Raises:
            BundleError: There is none, it cannot be read, or it is of another format version.
        """
        path = folder / MANIFEST
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise BundleError(f"{folder}: no bundle here ({MANIFEST} is missing). {REBUILD}") from error
        except (OSError, UnicodeDecodeError) as error:
            raise BundleError(f"{path}: cannot be read ({error}). {REBUILD}") from error
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise BundleError(_why_invalid(path, text, error)) from error


REBUILD = "Build it again with `rlaif-train export` (the default one: `rlaif-train export --default`)."


def _why_invalid(path: Path, text: str, error: ValidationError) -> str:
    version = _format_version(text)
    if version is not None and version != FORMAT_VERSION:
        return (
            f"{path}: bundle format {version}, but this Callwright reads format {FORMAT_VERSION}. {REBUILD}"
        )
    return f"{path}: not a bundle's manifest: {complaint(error)}. {REBUILD}"


def _format_version(text: str) -> int | None:
    import json

    try:
        version = json.loads(text)["format_version"]
    except (ValueError, KeyError, TypeError):
        return None
    return version if isinstance(version, int) else None
