"""Attributes of values: found, surely or likely missing, or open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callwright_grounding.environment.summary import Entry
from callwright_grounding.resolution import declarations, orders, overlays
from callwright_grounding.resolution.lookups import FOUND, MISSING, OPEN, Lookup, NameSets
from callwright_grounding.resolution.orders import Base, Order
from callwright_grounding.resolution.values import (
    ELLIPSIS,
    Class,
    Function,
    Instance,
    Module,
    OneOf,
    Value,
    claimed,
    inexact,
    one_of,
    options,
    substitute,
)

if TYPE_CHECKING:
    from callwright_grounding.resolution.resolver import Resolver


def look_up(resolver: Resolver, value: Value, name: str) -> Lookup:
    """Look an attribute up on a value."""
    match value:
        case Module(module):
            return resolver.module_attribute(module, name)
        case Class():
            return _of_class(resolver, value, name)
        case Instance():
            return _of_instance(resolver, value, name)
        case OneOf():
            return _any(resolver, value, name)
        case Function():
            found = resolver.module_attribute("types", "FunctionType").value
            known = isinstance(found, Class) and name in found.entry[5]
            # Anyone may set attributes on a function, and decorators do.
            return Lookup("found") if known else OPEN
    return OPEN


def _any(resolver: Resolver, value: OneOf, name: str) -> Lookup:
    found = [resolver.attribute(option, name) for option in options(value)]
    present = [lookup for lookup in found if lookup.state == "found"]
    if not found or any(lookup.state == "open" for lookup in found):
        return Lookup("open", claimed(one_of(lookup.value for lookup in present)))
    if present:
        # What has no such attribute is not what stands here, if the line is right.
        likely = one_of(lookup.value for lookup in present)
        return Lookup("found", likely if len(present) == len(found) else claimed(likely))
    return next((lookup for lookup in found if lookup.state == "likely"), found[0])


def _of_class(resolver: Resolver, cls: Class, name: str) -> Lookup:
    for base, entry in resolver.find_member(cls, name):
        return Lookup("found", _member_value(resolver, base, name, entry, cls, None))
    kind = resolver.module_attribute("builtins", "type").value
    if isinstance(kind, Class) and name in kind.entry[5]:
        return FOUND
    if cls.entry[3] is not None or any(base.cls.entry[3] is not None for base in resolver.order(cls).bases):
        found = _of_metaclass(resolver, cls, name)
        if found is not None:
            return found
    return _absent(resolver, cls, name, exact=True)


def _of_metaclass(resolver: Resolver, cls: Class, name: str) -> Lookup | None:
    for base in resolver.order(cls).bases:
        if base.cls.entry[3] is None:
            continue
        value = resolver.value(base.cls.module, base.cls.entry[3])
        if not isinstance(value, Class):
            return OPEN
        if any(True for _ in resolver.find_member(value, name)):
            return FOUND
        if resolver.order(value).open:
            return OPEN
    return None


def _of_instance(resolver: Resolver, instance: Instance, name: str) -> Lookup:
    for base, entry in resolver.find_member(instance.cls, name):
        value = _member_value(resolver, base, name, entry, instance.cls, instance)
        if value is None and entry[0] == "v":
            value = _replaced(resolver, base, name, instance)
        return Lookup("found", claimed(value) if instance.claimed else value)
    return _absent(resolver, instance.cls, name, exact=instance.exact)


def _replaced(resolver: Resolver, base: Base, name: str, instance: Instance) -> Value | None:
    """The method of a further base that a member of unknown value takes the place of."""
    later = False
    for other, entry in resolver.find_member(instance.cls, name):
        if later and entry[0] == "f":
            return _member_value(resolver, other, name, entry, instance.cls, instance)
        later = later or other is base
    return None


def _absent(resolver: Resolver, cls: Class, name: str, *, exact: bool) -> Lookup:
    """What it means that no class in the order has this name."""
    if name.startswith("_"):
        return Lookup("open", None, "private names are not judged")
    order = resolver.order(cls)
    paths = {base.cls.path for base in order.bases}
    if any(base.cls.module.startswith(overlays.PARTIAL_STUBS) for base in order.bases):
        return OPEN
    likely = False
    if order.open:
        bounded = overlays.MEMBERS_ONLY | overlays.NEVER_CALLED
        if not paths & bounded or _open_besides(resolver, order, bounded):
            return Lookup("open", None, order.open)
        likely, exact = True, False
    near = _assigned_nearby(resolver, order, "stored" if exact else "members")
    if near is None or name in near:
        return Lookup("open", None, "subclasses may have it")
    if paths & overlays.NEVER_CALLED:
        return Lookup("uncalled", None, order.open)
    return Lookup("likely", None, order.open) if likely else MISSING


def _open_besides(resolver: Resolver, order: Order, paths: frozenset[str]) -> bool:
    """Whether something other than the ``__getattr__`` of the given classes makes a class open."""
    for base in order.bases:
        if base.cls.path not in paths and orders.class_openness(resolver, base.cls):
            return True
        for text in base.cls.entry[2]:
            if text.partition("[")[0].rpartition(".")[2] in ("Generic", "Protocol", "object"):
                continue
            if orders.base_value(resolver, base.cls, text) is None:
                return True
    return False


def _assigned_nearby(resolver: Resolver, order: Order, kind: str) -> NameSets | None:
    """Names that subclasses or holders of an instance may have added; ``None`` where nobody knows."""
    modules = {base.cls.module for base in order.bases}
    if kind == "members" and all(
        base.cls.path == "builtins.object" or base.cls.name.endswith("Mixin") for base in order.bases
    ):
        return None  # what a mixin is mixed into has more
    sets: list[frozenset[str]] = []
    for module in modules | ({resolver.context} if resolver.context else set()):
        if module in resolver.local:
            sets.append(resolver.local_names(module, kind))
        if module == "__main__":
            continue
        found = resolver.environment.distribution_names(module, kind)
        if found is None and module not in resolver.local:
            return None
        if found is not None and not resolver.environment.is_standard(module):
            sets.append(found)  # all of the standard library's names would excuse nearly everything
    return NameSets(sets)


def _member_value(
    resolver: Resolver, base: Base, name: str, entry: Entry, cls: Class, instance: Instance | None
) -> Value | None:
    """The value of a class's member, read from the class or from an instance."""
    receiver: Value = instance if instance is not None else cls
    if entry[0] == "f":
        function = Function(base.cls.module, f"{base.cls.name}.{name}", entry, base.cls, receiver)
        if "p" in entry[1]:
            return (
                inexact(resolver.result(function)) if instance is not None and "x" not in entry[1] else None
            )
        return function
    key = (base.cls.name, name)
    known = resolver.known(base.cls.module).members
    if key not in known:
        known[key] = None
        known[key] = declarations.declared(resolver, base.cls.module, name, entry, base.cls)
    value = known[key]
    if entry[0] == "v" and _is_enum(resolver, cls) and "i" not in entry[1] and entry[2] is None:
        return Instance(cls)
    declared = isinstance(value, Instance) and entry[0] == "v" and "i" not in entry[1]
    if isinstance(value, Instance) and declared and any(resolver.find_member(value.cls, "__get__")):
        return None
    if isinstance(value, Function) and value.receiver is None and entry[0] == "v":
        return Function(value.module, value.name, value.entry, base.cls, receiver)
    return substitute(value, resolver.mapping(base, receiver)) if value is not None else None


def _is_enum(resolver: Resolver, cls: Class) -> bool:
    return any(base.cls.path == "enum.Enum" for base in resolver.order(cls).bases)


def mapping(resolver: Resolver, base: Base, receiver: Value | None) -> dict[str, Value | None]:
    """What type variables stand for in a base, seen from a receiver."""
    own: dict[str, Value | None] = {"Self": receiver if isinstance(receiver, Instance) else None}
    if isinstance(receiver, Class):
        own["Self"] = Instance(receiver)
    if isinstance(receiver, Instance):
        names = resolver.parameters(receiver.cls)
        if receiver.cls.path == "builtins.tuple":
            own["_T_co"] = one_of(a for a in receiver.arguments if a is not ELLIPSIS)
        else:
            own |= dict(zip(names, receiver.arguments, strict=False))
    return own | {name: substitute(v, own) for name, v in base.mapping.items() if v is not None}
