"""Records and a catalogue as the choice learns from them: questions, documents, and which answers which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from callwright_grounding.catalogue import CatalogueEntry
from callwright_server.choice.documents import Document, documents_of
from callwright_training.records import Record


@dataclass(frozen=True)
class Corpus:
    """A catalogue's documents."""

    entries: tuple[CatalogueEntry, ...]
    """All entries, also several with the same call."""

    @cached_property
    def documents(self) -> tuple[Document, ...]:
        """The documents that can be retrieved."""
        return documents_of(self.entries)

    @cached_property
    def texts(self) -> list[str]:
        """What the encoders read of each document."""
        return [document.text for document in self.documents]

    @cached_property
    def domains(self) -> list[str]:
        """Each document's domain."""
        return [document.domain for document in self.documents]

    @cached_property
    def by_call(self) -> dict[str, CatalogueEntry]:
        """The first entry of each call."""
        found: dict[str, CatalogueEntry] = {}
        for entry in self.entries:
            found.setdefault(entry.text, entry)
        return found

    def gold(self, record: Record) -> int | None:
        """Index of the document that describes a record's API; ``None`` where the catalogue lacks it.

        The same call and name count most, then the call, then the name.
        """
        api = Document.of(record.api)
        best, where = 0.0, None
        for index, document in enumerate(self.documents):
            same = 2 * (document.call == record.call) + (document.name == api.name)
            fit = same + 0.5 * (document.domain == api.domain)
            if same and fit > best:
                best, where = fit, index
        return where


@dataclass(frozen=True, slots=True)
class Question:
    """One instruction and the document that answers it."""

    text: str
    document: Document
    row: int
    """The document's index in the corpus; -1 for further records, whose documents are not in it."""


def questions_of(records: Iterable[Record], corpus: Corpus) -> list[Question]:
    """The records whose API the catalogue has."""
    found = ((record, corpus.gold(record)) for record in records)
    return [
        Question(question(record), corpus.documents[row], row) for record, row in found if row is not None
    ]


def further_questions(records: Iterable[Record]) -> list[Question]:
    """Records about other APIs than the catalogue's, for practice."""
    return [Question(question(record), Document.of(record.api), -1) for record in records]


def question(record: Record) -> str:
    """What the user asks for."""
    return " ".join(f"{record.instruction} {record.input}".split())


def different(questions: Sequence[Question]) -> list[str]:
    """The questions' texts, each once."""
    return list(dict.fromkeys(item.text for item in questions))
