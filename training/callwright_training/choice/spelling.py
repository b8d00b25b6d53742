"""How a call is really written: the arguments that a catalogue has left out.

Catalogues list calls bare, ``DiffusionPipeline.from_pretrained('x')``, where people write
``DiffusionPipeline.from_pretrained('x', torch_dtype=torch.float16)``. The records know better, and so do an
entry's example and the records about other entries of the same function. Only keyword arguments are ever
added, and never one with a string in it; function and other arguments stay as they are. So no call and no id
is made up.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from callwright_grounding.catalogue import Call, CatalogueEntry, parse_call
from callwright_training.records import Record

Keywords = tuple[tuple[str, str], ...]

_HABIT = 3
"""Records in which a function must have had the same further arguments before they count as its habit."""
_PLAIN = re.compile(r"(\w+)\s*=\s*(True|False|None|-?\d+(?:\.\d+)?|torch\.\w+)\s*$")


def spelled(entries: Sequence[CatalogueEntry], records: Iterable[Record]) -> tuple[CatalogueEntry, ...]:
    """The entries with their calls as records and examples write them.

    Args:
        entries: The catalogue.
        records: Training records; those about no entry are ignored.
    """
    known = list(records)
    own = _own(entries, known)
    habits = _habits(entries, own)
    return tuple(_respelled(entry, own, habits) for entry in entries)


def further(bare: Call, full: Call | None) -> Keywords | None:
    """The keyword arguments that one call has beyond another of the same function; ``None`` if it differs."""
    if full is None or (bare.callable, bare.positional) != (full.callable, full.positional):
        return None
    given, wanted = dict(full.keywords), dict(bare.keywords)
    if len(given) != len(full.keywords) or any(given.get(name) != value for name, value in wanted.items()):
        return None
    return tuple((name, value) for name, value in full.keywords if name not in wanted)


def _own(entries: Sequence[CatalogueEntry], records: Sequence[Record]) -> dict[str, Counter[Keywords]]:
    """By call: what the records about it add, and how often."""
    by_name: dict[tuple[str, str], set[str]] = defaultdict(set)
    for entry in entries:
        if entry.parsed:
            by_name[entry.name, entry.parsed.callable].add(entry.text)
    found: dict[str, Counter[Keywords]] = defaultdict(Counter)
    for record in records:
        full = parse_call(record.call)
        if full is None:
            continue
        for text in by_name.get((record.api.name, full.callable), ()):
            bare = parse_call(text)
            added = further(bare, full) if bare else None
            if added is not None:
                found[text][() if _names_something(added) else added] += 1
    return found


def _names_something(added: Keywords) -> bool:
    return any("'" in value or '"' in value for _, value in added)


def _habits(entries: Sequence[CatalogueEntry], own: Mapping[str, Counter[Keywords]]) -> dict[str, Keywords]:
    """By function: what the records about all its calls add alike."""
    counts: dict[str, Counter[Keywords]] = defaultdict(Counter)
    for text in {entry.text for entry in entries}:
        if text in own and (bare := parse_call(text)):
            counts[bare.callable] += own[text]
    return {
        name: next(iter(found))
        for name, found in counts.items()
        if len(found) == 1 and found.total() >= _HABIT
    }


def _respelled(
    entry: CatalogueEntry, own: Mapping[str, Counter[Keywords]], habits: Mapping[str, Keywords]
) -> CatalogueEntry:
    if entry.parsed is None:
        return entry
    if entry.text in own:
        added = own[entry.text].most_common(1)[0][0]
    elif entry.parsed.callable in habits:
        added = habits[entry.parsed.callable]
    else:
        added = exemplified(entry)
    names = dict(entry.parsed.keywords)
    added = tuple((name, value) for name, value in added if name not in names)
    if not added:
        return entry
    return replace(entry, call=_with(entry.parsed, added), imports=_imports(entry, added))


def _imports(entry: CatalogueEntry, added: Keywords) -> tuple[str, ...]:
    """The entry's imports, and torch's where the further arguments need it."""
    needed = entry.imports and any(value.startswith("torch.") for _, value in added)
    return tuple(dict.fromkeys((*entry.imports, "import torch"))) if needed else entry.imports


def _with(call: Call, added: Keywords) -> str:
    separator = ", " if call.positional or call.keywords else ""
    extra = ", ".join(f"{name}={value}" for name, value in added)
    return f"{call.text[:-1]}{separator}{extra})"


def exemplified(entry: CatalogueEntry) -> Keywords:
    """What an entry's example adds to its call, as far as it is numbers, truth values and torch's names.

    The example need not parse: catalogues lose its quotation marks.
    """
    call = entry.parsed
    if call is None or not call.positional:
        return ()
    first = call.positional[0].strip("'\"")
    for written in re.finditer(re.escape(call.callable) + r"\(([^()]*)\)", entry.example):
        head, *rest = written[1].split(",")
        if not _names(head.strip(), first, entry.example):
            continue
        return tuple((found[1], found[2]) for part in rest if (found := _PLAIN.match(part.strip())))
    return ()


def _names(argument: str, wanted: str, example: str) -> bool:
    """Whether an argument is the wanted string, or a variable that was given it."""
    if argument.strip("'\"") == wanted:
        return True
    if not argument.isidentifier():
        return False
    assigned = re.search(rf"^\s*{argument}\s*=\s*['\"]?([^'\"\n]*)['\"]?\s*$", example, re.MULTILINE)
    return bool(assigned and assigned[1].strip() == wanted)
