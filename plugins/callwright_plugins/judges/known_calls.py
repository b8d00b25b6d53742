"""What a catalogue can say about a call: is its callable known, do its ids exist, are its arguments usual."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

from callwright_grounding.catalogue import (
    Call,
    Catalogue,
    CatalogueEntry,
    named_ids,
    named_task,
    string_literal,
)


class KnownCalls:
    """A catalogue, arranged by callable.

    Args:
        catalogue: The API calls we know of; may be empty, then nothing is known of any call.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._entries: dict[str, list[CatalogueEntry]] = defaultdict(list)
        for entry in catalogue:
            if entry.parsed is not None:
                self._entries[entry.parsed.callable].append(entry)

    def knows(self, callable_name: str) -> bool:
        """Whether the catalogue has any call of this callable."""
        return callable_name in self._entries

    def matches(self, call: Call) -> list[CatalogueEntry]:
        """Entries of the same callable whose ids are all among the call's strings.

        A ``pipeline`` that names a task and no model runs the task's default, so there every entry of the
        task matches.
        """
        entries = self._entries.get(call.callable, ())
        found = [entry for entry in entries if self.same_api(call, entry)]
        task = named_task(call)
        if found or task is None or named_ids(call):
            return found
        return [entry for entry in entries if entry.parsed is not None and named_task(entry.parsed) == task]

    def same_api(self, call: Call, entry: CatalogueEntry) -> bool:
        """Whether a call is this entry's: the same canonical text, or the same callable and ids."""
        if call.text == entry.text:
            return True
        theirs = entry.parsed
        if theirs is None or theirs.callable != call.callable or not theirs.strings:
            return False
        return set(theirs.strings) <= set(call.strings)

    def fault(self, call: Call) -> str | None:
        """Why a call of a known callable names something that does not exist; ``None`` where it does not."""
        if call.text in self.catalogue:
            return None
        task = named_task(call)
        if task is not None and task not in self._tasks.get(call.callable, ()):
            return f"'{task}' is no task that the catalogue has"
        named = named_ids(call)
        matched = self.matches(call)
        if matched:  # what else it names may be a path or a text, but not where others name an id
            places = self._id_places.get(call.callable, ())
            named = tuple(string for place, string in _literals(call) if place in places and string in named)
        unknown = [string for string in named if string not in self.catalogue.ids]
        if unknown:
            return f"'{unknown[0]}' is not in the catalogue"
        return None if matched or named else "it names no model that the catalogue has"

    def accepts(self, call: Call) -> bool | None:
        """Whether the arguments are right, as far as the catalogue's own calls tell.

        ``None`` where the catalogue cannot tell, such as for a keyword it has never seen.
        """
        if call.text in self.catalogue:
            return True
        entries = self._calls(call.callable)
        given = len(call.positional) + len(call.keywords)
        if given < min(len(entry.positional) + len(entry.keywords) for entry in entries):
            return False
        keywords = {name for entry in entries for name, _ in entry.keywords}
        keywords |= {name for entry in self._entries[call.callable] for name in entry.arguments}
        positional = max(len(entry.positional) for entry in entries)
        usual = all(name in keywords for name, _ in call.keywords) and len(call.positional) <= positional
        return True if usual else None

    @cached_property
    def _tasks(self) -> dict[str, set[str | None]]:
        """By callable: the tasks that the catalogue's pipelines of this name are asked for."""
        return {name: {named_task(call) for call in self._calls(name)} for name in self._entries}

    @cached_property
    def _id_places(self) -> dict[str, set[int | str]]:
        """By callable: positions and keywords in which the catalogue's calls name an id."""
        return {
            name: {
                place
                for call in self._calls(name)
                for place, string in _literals(call)
                if string in named_ids(call)
            }
            for name in self._entries
        }

    def _calls(self, callable_name: str) -> list[Call]:
        return [entry.parsed for entry in self._entries[callable_name] if entry.parsed is not None]


def _literals(call: Call) -> list[tuple[int | str, str]]:
    """Arguments that are string literals, by position or keyword."""
    places: list[tuple[int | str, str]] = [*enumerate(call.positional), *call.keywords]
    return [(place, text) for place, source in places if (text := string_literal(source)) is not None]
