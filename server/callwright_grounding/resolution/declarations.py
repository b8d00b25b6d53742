"""What a declaration of a summary stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callwright_grounding.environment.summary import Entry
from callwright_grounding.resolution import overlays
from callwright_grounding.resolution.values import Class, Function, Value, one_of

if TYPE_CHECKING:
    from callwright_grounding.resolution.resolver import Resolver


def declared(
    resolver: Resolver, module: str, name: str, entry: Entry, owner: Class | None = None
) -> Value | None:
    """The value of a declaration in a module or, with ``owner``, in a class."""
    kind = entry[0]
    qualified = f"{owner.name}.{name}" if owner is not None else name
    if kind == "i":
        return _imported(resolver, module, name, entry)
    if kind == "c":
        return Class(module, qualified, entry)
    if kind == "f":
        return Function(module, qualified, entry, owner)
    if kind == "v":
        return _variable(resolver, module, entry, owner)
    chosen = [alternative for alternative in entry[1] if not _rebinds(name, alternative)]
    return one_of(declared(resolver, module, name, alternative, owner) for alternative in chosen)


def _imported(resolver: Resolver, module: str, name: str, entry: Entry) -> Value | None:
    source, wanted = entry[1], entry[2]
    if wanted is None:
        return resolver.module(source)
    if source == module and wanted == name:  # `from . import name` in a package's `__init__`
        return resolver.module(f"{source}.{wanted}")
    summary = resolver.summary(source)
    if summary is not None and summary.names.get(wanted, [None])[0] == "i":
        target = summary.names[wanted]
        if target[1:] == [source, wanted]:
            return resolver.module(f"{source}.{wanted}")
    return resolver.module_attribute(source, wanted).value


def _variable(resolver: Resolver, module: str, entry: Entry, owner: Class | None) -> Value | None:
    _, _, annotation, values = entry
    if annotation is not None and annotation.rpartition(".")[2] not in ("TypeAlias", "Final", "ClassVar"):
        return resolver.annotation(module, annotation, owner)
    if not values:
        return None
    return one_of(resolver.value(module, text, owner) for text in values)


def _rebinds(name: str, entry: Entry) -> bool:
    """Whether a declaration is ``Name = decorate(Name, …)`` with a function that returns its argument."""
    if entry[0] != "v" or not entry[3] or len(entry[3]) != 1:
        return False
    head, _, rest = entry[3][0].partition("(")
    return head in overlays.IDENTITIES and rest.startswith((f"{name},", f"{name})", "..."))
