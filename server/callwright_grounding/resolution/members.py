"""All names that a value has, for completion, masks and suggestions."""

from __future__ import annotations

import re

from callwright_grounding.environment.summary import Entry
from callwright_grounding.resolution import overlays
from callwright_grounding.resolution.resolver import Resolver
from callwright_grounding.resolution.values import Class, Instance, Module, OneOf, Value, options

_CLASS_VARIABLE = re.compile(r"(?:\w+\.)?ClassVar\b")


def member_names(resolver: Resolver, value: Value) -> list[str]:
    """Names that exist on a value for certain, nearest classes first; private ones included.

    Names that are only declared for type checkers, and submodules that nothing imports, are left out.
    """
    match value:
        case Module(name):
            return _module_members(resolver, name)
        case Class() | Instance():
            return _class_members(resolver, value)
        case OneOf():
            choices = [set(member_names(resolver, option)) for option in options(value)]
            return sorted(set.intersection(*choices)) if choices else []
    return []


def names_spoken_of(value: Value, before: str) -> list[str]:
    """Names that other distributions may add to a module, where the code above speaks of them.

    Whoever asks `is_npu_available()` or compares with `"npu"` goes on with `torch.npu`, which is not there on
    this machine. Such a name may be written; it is never offered.

    Args:
        value: The receiver.
        before: The buffer up to the place.
    """
    added = overlays.ADDED_AT_RUN_TIME.get(value.name) if isinstance(value, Module) else None
    if added is None:
        return []
    words = re.finditer(rf"(?<![^\W_])(?:{added.pattern})(?![^\W_])", before)
    return list(dict.fromkeys(match.group() for match in words))


def openness(resolver: Resolver, value: Value) -> str:
    """Why a value may have more names than :func:`member_names` says; empty where it may not."""
    holders: set[Module | Class] = set()
    for option in options(value):
        if isinstance(option, Module):
            holders.add(option)
            reason = resolver.closed(option.name)
        elif isinstance(option, Class | Instance):
            if isinstance(option, Instance) and option.claimed:
                return "only an annotation says what it is"
            cls = option.cls if isinstance(option, Instance) else option
            holders.add(cls)
            reason = resolver.order(cls).open
            if isinstance(option, Class) and cls.entry[3] is not None:
                reason = reason or "has a metaclass"
        else:
            reason = "functions carry any attribute"
        if reason:
            return reason
    return "" if len(holders) == 1 else "one of several"


def is_closed(resolver: Resolver, value: Value) -> bool:
    """Whether :func:`member_names` are all the names a value has."""
    return not openness(resolver, value)


def _module_members(resolver: Resolver, module: str) -> list[str]:
    names = {name: None for name, sure in resolver.module_names(module).items() if sure}
    summary = resolver.summary(module)
    bound = imported_submodules(resolver, module) | set(summary.extra if summary is not None else ())
    prefix = f"{module}."
    bound |= {name[len(prefix) :].partition(".")[0] for name in resolver.imported if name.startswith(prefix)}
    submodules = resolver.environment.submodules(module)
    submodules = submodules - set(summary.deleted if summary is not None else ())
    if summary is not None and summary.lazy:
        bound |= {name.partition(".")[0] for name in summary.extra}
    names.update(dict.fromkeys(sorted(submodules & bound)))
    absent = overlays.NOT_THERE.get(module, frozenset())
    return [name for name in names if name not in absent]


def imported_submodules(resolver: Resolver, package: str) -> set[str]:
    """Submodules that importing a package also imports, and so binds on it."""
    prefix = f"{package}."
    seen = {package}
    pending = [package]
    bound: set[str] = set()
    while pending and len(seen) < 400:
        summary = resolver.summary(pending.pop())
        for name in summary.imports if summary is not None else ():
            if name.startswith(prefix):
                bound.add(name[len(prefix) :].partition(".")[0])
            top_level = name.partition(".")[0] == package.partition(".")[0]
            if top_level and name not in seen and len(seen) < 400 and resolver.environment.exists(name):
                seen.add(name)
                pending.append(name)
    return bound


def _class_members(resolver: Resolver, value: Class | Instance) -> list[str]:
    cls = value.cls if isinstance(value, Instance) else value
    names: dict[str, None] = {}
    for base in resolver.order(cls).bases:
        for name, entry in base.cls.entry[5].items():
            if isinstance(value, Instance) or _stands_on_class(resolver, base.cls.module, entry):
                names[name] = None
    return list(names)


def _stands_on_class(resolver: Resolver, module: str, entry: Entry) -> bool:
    """Whether a class's member is there without an instance."""
    if entry[0] != "v":
        return True
    _, flags, annotation, values = entry
    if "i" in flags:
        return False
    if values != [] or annotation is None:
        return True
    # Only declared. A stub declares what stands on the class as such, and gives no value.
    return _CLASS_VARIABLE.match(annotation) is not None and _has_stub(resolver, module)


def _has_stub(resolver: Resolver, module: str) -> bool:
    location = resolver.environment.layout.find(module)
    return location is not None and location.stub is not None
