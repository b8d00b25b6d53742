"""What a catalogue can say about a call: is its callable known, do its ids exist, are its arguments usual."""

from __future__ import annotations

from collections import defaultdict

from callwright_grounding.catalogue import Call, Catalogue, CatalogueEntry


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
        """Entries of the same callable whose ids are all among the call's strings."""
        return [entry for entry in self._entries.get(call.callable, ()) if self.same_api(call, entry)]

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
        if call.text in self.catalogue or self.matches(call):
            return None
        unknown = [string for string in call.strings if string not in self.catalogue.ids]
        if unknown:
            return f"'{unknown[0]}' is not in the catalogue"
        return None if call.strings else "it names no model that the catalogue has"

    def accepts(self, call: Call) -> bool | None:
        """Whether the arguments are right, as far as the catalogue's own calls tell.

        ``None`` where the catalogue cannot tell, such as for a keyword it has never seen.
        """
        if call.text in self.catalogue:
            return True
        entries = [entry.parsed for entry in self._entries[call.callable] if entry.parsed is not None]
        given = len(call.positional) + len(call.keywords)
        if given < min(len(entry.positional) + len(entry.keywords) for entry in entries):
            return False
        keywords = {name for entry in entries for name, _ in entry.keywords}
        keywords |= {name for entry in self._entries[call.callable] for name in entry.arguments}
        positional = max(len(entry.positional) for entry in entries)
        usual = all(name in keywords for name, _ in call.keywords) and len(call.positional) <= positional
        return True if usual else None
