"""The summary of one module from its source and its stub together.

The source says what exists, the stub adds types: signatures of both are accepted, names of either are known.
"""

from __future__ import annotations

from pathlib import Path

from callwright_grounding.environment.layout import Location
from callwright_grounding.environment.reader import summarize
from callwright_grounding.environment.summary import Entry, ModuleSummary, merge, opened


def read_module(name: str, location: Location, version: tuple[int, int]) -> ModuleSummary:
    """Summarize a module wherever it lies; a compiled one without stub is open."""
    source = _read(name, location.source, location, version, stub=False)
    stub = _read(name, location.stub, location, version, stub=True)
    if source is not None and stub is not None:
        return combine(source, stub)
    if source is not None or stub is not None:
        return source or stub or opened("")
    if location.is_namespace:
        return opened("a namespace package")
    return opened("compiled, without stubs")


def combine(source: ModuleSummary, stub: ModuleSummary) -> ModuleSummary:
    """One summary of a source file and its stub."""
    for name, entry in stub.names.items():
        present = source.names.get(name)
        source.names[name] = entry if present is None else _typed(present, entry)
    for name, entry in stub.typing_names.items():
        source.typing_names.setdefault(name, entry)
    source.stars = list(dict.fromkeys([*source.stars, *stub.stars]))
    if source.all is None:
        source.all, source.all_complete = stub.all, stub.all_complete
    elif stub.all is not None:
        source.all = list(dict.fromkeys([*source.all, *stub.all]))
    return source


def _typed(source: Entry, stub: Entry) -> Entry:
    """The stub's view of a name, with all that the source adds to it."""
    if source[0] == stub[0] == "f":
        if len(stub[2]) == 1:  # what the source leaves unsaid, the stub says
            promised = stub[2][0][2]
            source = ["f", source[1], [[*s[:2], promised, *s[3:]] for s in source[2]]]
        return merge(stub, source)
    if source[0] == stub[0] == "c":
        members = dict(stub[5])
        for name, entry in source[5].items():
            members[name] = _typed(entry, members[name]) if name in members else entry
        flags = "".join(sorted(set(source[1]) | set(stub[1])))
        return ["c", flags, stub[2] or source[2], stub[3] or source[3], source[4], members]
    return stub


def _read(
    name: str, path: Path | None, location: Location, version: tuple[int, int], *, stub: bool
) -> ModuleSummary | None:
    if path is None:
        return None
    try:
        source = path.read_bytes()
    except OSError as error:
        return opened(f"cannot be read: {error.strerror}")
    return summarize(source, name, is_package=location.is_package, stub=stub, version=version)
