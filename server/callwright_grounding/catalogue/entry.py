"""One API of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass, field

from callwright_grounding.catalogue.calls import Call, parse_call


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """One API call that exists, and what is known of it."""

    name: str
    """The API's name in its source: a repo id such as ``bert-base-uncased``, or a model's name."""
    call: str
    """The call as the source spells it."""
    domain: str
    """What it is for, such as ``Computer Vision Image Classification``; equal meanings spelt alike."""
    description: str = ""
    framework: str = ""
    functionality: str = ""
    imports: tuple[str, ...] = ()
    """Import statements that the call needs: ``from transformers import AutoModel``; empty where unknown."""
    requirements: tuple[str, ...] = ()
    """Distributions the call needs, as the source lists them."""
    arguments: tuple[str, ...] = ()
    """Names of the arguments that the source documents."""
    example: str = ""
    """Example code, where the source has some."""
    evaluation: str = ""
    """The published result, such as ``ImageNet: 81.8``; empty where the source has none."""
    source: str = ""
    """Where the entry came from: ``huggingface_api.jsonl:12`` or ``transformers 5.23.0``."""
    parsed: Call | None = field(init=False, repr=False, compare=False)
    """The call, parsed; ``None`` where it is not Python."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "parsed", parse_call(self.call))

    @property
    def text(self) -> str:
        """The call in canonical spelling where it parses, else as the source has it."""
        return self.parsed.text if self.parsed else self.call.strip()
