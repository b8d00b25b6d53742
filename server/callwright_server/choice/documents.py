"""What the choice reads of an API, spelt once for the server and for training.

A document is one description of one call; a call that is described several times has several documents.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from callwright_grounding.catalogue import CatalogueEntry
from callwright_server.errors import BundleError

DOCUMENT_BUDGET = 130
"""Characters of a document that the language model reads (about 36 tokens)."""
QUESTION_BUDGET = 190
"""Characters of an instruction that it scores (about 40 tokens)."""
_EXAMPLE_BUDGET = 1200


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One description of one API call."""

    call: str
    """The call in canonical spelling."""
    name: str
    domain: str
    functionality: str = ""
    description: str = ""
    example: str = ""
    """Example code and published results, for the word search only."""

    @classmethod
    def of(cls, entry: CatalogueEntry) -> Document:
        """What a catalogue entry says of its call, white space collapsed."""
        return cls(
            call=entry.text,
            name=_plain(entry.name),
            domain=_plain(entry.domain),
            functionality=_plain(entry.functionality),
            description=_plain(entry.description),
            example=_cut(_plain(f"{entry.example} {entry.evaluation}"), _EXAMPLE_BUDGET),
        )

    @property
    def text(self) -> str:
        """What the encoders and the word search read."""
        return f"{self.domain}. {self.functionality}. {self.name}. {self.description}"

    @property
    def prefix(self) -> str:
        """What the language model reads before it is asked how likely an instruction is."""
        domain = self.domain.replace("Natural Language Processing", "NLP")
        short = self.name.rpartition("/")[2]
        return f"{_cut(f'Model: {domain}. {short}. {self.description}', DOCUMENT_BUDGET)}\nUser request:"


def documents_of(entries: Iterable[CatalogueEntry]) -> tuple[Document, ...]:
    """One document per entry; equal ones are kept once."""
    return tuple(dict.fromkeys(Document.of(entry) for entry in entries))


def scored_pair(document: Document, instruction: str) -> tuple[str, str]:
    """What the language model scores: how likely is the second part, the instruction, after the first?"""
    return document.prefix, f" {_cut(_plain(instruction), QUESTION_BUDGET)}"


def save_documents(documents: Iterable[Document], path: Path) -> None:
    """Write one JSON object a line."""
    path.write_text(
        "".join(json.dumps(asdict(document), ensure_ascii=False) + "\n" for document in documents),
        encoding="utf-8",
    )


def load_documents(path: Path) -> tuple[Document, ...]:
    """Read what :func:`save_documents` wrote.

    Raises:
        BundleError: The file is missing or damaged.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return tuple(Document(**json.loads(line)) for line in lines)
    except (OSError, ValueError, TypeError) as error:
        raise BundleError(f"{path}: cannot read the retriever's documents ({error})") from error


def _plain(text: str) -> str:
    return " ".join(text.split())


def _cut(text: str, budget: int) -> str:
    """The whole words at the beginning that fit; a single long word is cut."""
    if len(text) <= budget:
        return text
    return text[:budget].rpartition(" ")[0] or text[:budget]
