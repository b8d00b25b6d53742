"""The catalogue as suggesting needs it: only what can be offered, found by what is called."""

from __future__ import annotations

import ast
import builtins
from collections import defaultdict

from callwright_grounding.catalogue import Catalogue, CatalogueEntry
from callwright_server.suggest.imports import bindings_of


class Shelf:
    """The entries of a catalogue whose calls can stand in a file as they are.

    An entry whose call does not parse, or uses a name that no import of the entry binds (``model=MODEL_ID``),
    is left out: a suggestion of it would not run.

    Args:
        catalogue: All entries.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.entries = tuple(entry for entry in catalogue if is_offerable(entry))
        by_callable: dict[str, list[CatalogueEntry]] = defaultdict(list)
        for entry in self.entries:
            if entry.parsed is not None:
                by_callable[entry.parsed.callable].append(entry)
        self._by_callable = {name: tuple(entries) for name, entries in by_callable.items()}
        self._paths = {name: _paths(name, entries[0]) for name, entries in by_callable.items()}
        self._by_last_word: dict[str, list[str]] = defaultdict(list)
        for name in by_callable:
            self._by_last_word[name.rpartition(".")[2]].append(name)

    def called(self, name: str) -> tuple[CatalogueEntry, ...]:
        """The entries that call this, such as ``AutoModel.from_pretrained``, in the catalogue's order."""
        return self._by_callable.get(name, ())

    def resolve(self, written: str, bound: dict[str, str]) -> str | None:
        """The catalogue's name of what a file calls by another.

        Args:
            written: Dotted name as the file has it: ``tf_hub.load``, ``transformers.pipeline``.
            bound: The file's imports.

        Returns:
            ``hub.load``, ``pipeline``; ``None`` where the catalogue has no such callable, or where the file
            has imported something else by this name.
        """
        root, _, rest = written.partition(".")
        if root not in bound:
            return written if written in self._by_callable else None
        path = _dotted(bound[root], rest)
        names = (written, *self._by_last_word.get(path.rpartition(".")[2], ()))
        return next((name for name in names if name in self._by_callable and self._is_at(name, path)), None)

    def _is_at(self, name: str, path: str) -> bool:
        """Whether a file's ``path`` leads to this callable, through its package's own modules too."""
        package, tail = path.partition(".")[0], f".{name}"
        return any(
            path == known or (package == known.partition(".")[0] and path.endswith(tail))
            for known in self._paths[name]
        )


def _paths(name: str, entry: CatalogueEntry) -> frozenset[str]:
    """Full dotted paths by which an entry imports what it calls; its own name where it imports nothing."""
    root, _, rest = name.partition(".")
    bound = (binding for statement in entry.imports for binding in bindings_of(statement))
    return frozenset(_dotted(binding.path, rest) for binding in bound if binding.name == root) or frozenset(
        {name}
    )


def _dotted(head: str, rest: str) -> str:
    return f"{head}.{rest}" if rest else head


def is_offerable(entry: CatalogueEntry) -> bool:
    """Whether the call runs with the entry's imports alone, as far as its names tell."""
    if entry.parsed is None:
        return False
    bound = {binding.name for statement in entry.imports for binding in bindings_of(statement)}
    bound.add(entry.parsed.callable.partition(".")[0])
    used = {node.id for node in ast.walk(ast.parse(entry.text)) if isinstance(node, ast.Name)}
    return all(name in bound or hasattr(builtins, name) for name in used)
