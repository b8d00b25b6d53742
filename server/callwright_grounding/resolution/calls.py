"""What calls return: constructors, annotated functions, overloads, type variables, the known factories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callwright_grounding.resolution import overlays
from callwright_grounding.resolution.dynamic_results import dynamic_result, outputs
from callwright_grounding.resolution.inference import Arguments
from callwright_grounding.resolution.overloads import fitting
from callwright_grounding.resolution.scopes import ModuleScope
from callwright_grounding.resolution.values import (
    Class,
    Function,
    Instance,
    OneOf,
    TypeVariable,
    Value,
    claimed,
    inexact,
    is_claimed,
    one_of,
    substitute,
)

if TYPE_CHECKING:
    from callwright_grounding.resolution.orders import Base
    from callwright_grounding.resolution.resolver import Resolver

Mapping = dict[str, Value | None]
_MAX_OVERLOADS = 40


def call_result(resolver: Resolver, value: Value, arguments: Arguments | None) -> Value | None:
    """What calling a value gives; ``None`` where it is unknown."""
    match value:
        case Class():
            return _instance(resolver, value, arguments)
        case Function():
            return function_result(resolver, value, arguments)
        case Instance():
            return _instance_call(resolver, value, arguments)
        case OneOf(choices):
            return one_of(call_result(resolver, choice, arguments) for choice in choices)
    return None


def _instance(resolver: Resolver, cls: Class, arguments: Arguments | None) -> Value | None:
    """An instance of a class, with what its type parameters are where the arguments show it."""
    if cls.path in overlays.MAKE_CLASSES:
        return None
    if cls.entry[3] is not None and cls.entry[3].rpartition(".")[2] not in overlays.HARMLESS_METACLASSES:
        metaclass = resolver.value(cls.module, cls.entry[3])
        if not isinstance(metaclass, Class) or "__call__" in metaclass.entry[5]:
            return None
    exact = True
    for name in ("__new__", "__init__"):
        for base, entry in resolver.find_member(cls, name):
            if base.cls.path == "builtins.object" or entry[0] != "f":
                break
            found = _constructed(
                resolver, cls, base, Function(base.cls.module, name, entry, base.cls, cls), arguments
            )
            if found is not None:
                return found
            exact = exact and (name != "__new__" or base.cls.module == "builtins")
            break
    return Instance(cls, exact=exact)


def _constructed(
    resolver: Resolver, cls: Class, base: Base, function: Function, arguments: Arguments | None
) -> Value | None:
    """The generic instance that a constructor's annotations promise."""
    names = resolver.parameters(cls)
    if arguments is None or not names:
        return None
    for signature in fitting(resolver, function, arguments, skip_first=True):
        mapping = bind(resolver, function, signature, arguments)
        if signature[2] is not None and not signature[2].startswith("="):
            promised = resolver.annotation(function.module, signature[2], base.cls)
            if isinstance(promised, Instance) and promised.cls == cls and promised.arguments:
                return Instance(
                    cls, tuple(substitute(item, mapping) for item in promised.arguments), exact=True
                )
        if any(mapping.get(name) is not None for name in names):
            return Instance(cls, tuple(mapping.get(name) for name in names), exact=True)
    return None


def _instance_call(resolver: Resolver, instance: Instance, arguments: Arguments | None) -> Value | None:
    if (known := outputs(instance)) is not None:
        return known
    for path, method in overlays.CALLS_FORWARD.items():
        if resolver.is_subclass(instance.cls, path):
            found = resolver.attribute(instance, method).value
            return (
                inexact(function_result(resolver, found, arguments)) if isinstance(found, Function) else None
            )
    found = resolver.attribute(instance, "__call__").value
    return function_result(resolver, found, arguments) if isinstance(found, Function) else None


def function_result(resolver: Resolver, function: Function, arguments: Arguments | None) -> Value | None:
    """What a function returns, by its annotation or, where its body shows it, by its body."""
    value = dynamic_result(resolver, function, arguments) or _declared_result(resolver, function, arguments)
    if value is None:
        value = claimed(_promised_result(resolver, function, arguments))
    # A decorator seldom changes what a function says that it returns; but it may.
    doubtful = "x" in function.entry[1] or is_claimed(function.receiver)
    return claimed(value) if doubtful else value


def _promised_result(resolver: Resolver, function: Function, arguments: Arguments | None) -> Value | None:
    """What a method should return: what the one that it replaces does, or else what its name says."""
    cls, method = _class_of(function), function.name.rpartition(".")[2]
    if cls is None or function.owner is None:
        return None
    found = [(base.cls, entry) for base, entry in resolver.find_member(cls, method) if entry[0] == "f"]
    owners = [owner for owner, _ in found]
    for owner, entry in found[owners.index(function.owner) + 1 :] if function.owner in owners else ():
        replaced = Function(owner.module, f"{owner.name}.{method}", entry, owner, function.receiver)
        value = dynamic_result(resolver, replaced) or _declared_result(resolver, replaced, arguments)
        if value is not None:
            return value
    makes = method.startswith("from_") and "c" in function.entry[1] and isinstance(function.receiver, Class)
    return Instance(cls) if makes else None


def _declared_result(resolver: Resolver, function: Function, arguments: Arguments | None) -> Value | None:
    """What a function's own annotation or body says."""
    flags = function.entry[1]
    signatures = function.entry[2]
    if arguments is not None:
        signatures = fitting(resolver, function, arguments, skip_first=_binds_first(function))
    if not signatures or len(signatures) > _MAX_OVERLOADS:
        return None
    value = one_of(_returned(resolver, function, signature, arguments) for signature in signatures)
    if "a" in flags and value is not None:
        coroutine = resolver.path("typing.Coroutine")
        return Instance(coroutine, (None, None, value)) if isinstance(coroutine, Class) else None
    if "m" in flags:
        manager = resolver.path("contextlib._GeneratorContextManager")
        element = value.arguments[0] if isinstance(value, Instance) and value.arguments else None
        return Instance(manager, (element,)) if isinstance(manager, Class) else None
    return value


def _binds_first(function: Function) -> bool:
    if function.owner is None or "s" in function.entry[1]:
        return False
    return "c" in function.entry[1] or isinstance(function.receiver, Instance)


def _returned(
    resolver: Resolver, function: Function, signature: list[Any], arguments: Arguments | None
) -> Value | None:
    text = signature[2]
    if text is None:
        return None
    mapping = bind(resolver, function, signature, arguments or Arguments(complete=False))
    if text.startswith("="):
        return _shown(resolver, function, text[1:], mapping)
    if text.startswith("~"):
        return claimed(one_of(_likely(resolver, function, line, mapping) for line in text[1:].split("\n")))
    value = resolver.annotation(function.module, text, function.owner)
    return substitute(value, mapping) if value is not None else None


def _shown(resolver: Resolver, function: Function, text: str, mapping: Mapping) -> Value | None:
    """The value of what a body returns: ``self``, ``cls(...)``, ``Name(...)``."""
    receiver = mapping.get("Self")
    if text == "self":
        return receiver
    if text.startswith("cls(") and isinstance(receiver, Instance):
        return receiver
    if text.startswith(("self.", "cls")):
        return None
    return inexact(
        ModuleScope(resolver, function.module, function.owner).resolver.value(function.module, text)
    )


def _likely(resolver: Resolver, function: Function, text: str, mapping: Mapping) -> Value | None:
    """The value of what a body may return, that of other methods of the same object among it."""
    if text.startswith(("self.", "cls.")) and function.owner is not None:
        value = inexact(resolver.value(function.module, text, function.owner))
        own = isinstance(value, Instance) and value.cls == function.owner
        return mapping.get("Self") or value if own else value
    return _shown(resolver, function, text, mapping)


def bind(resolver: Resolver, function: Function, signature: list[Any], arguments: Arguments) -> Mapping:
    """What the type variables of a signature stand for in one call."""
    mapping: Mapping = {}
    if function.owner is not None:
        base = next(
            (
                base
                for base in resolver.order(_class_of(function) or function.owner).bases
                if base.cls == function.owner
            ),
            None,
        )
        if base is not None:
            mapping = resolver.mapping(base, function.receiver)
    annotations = signature[1]
    if not annotations:
        return mapping
    names = [name.lstrip("/") for name in signature[0] if not name.startswith(("!", "*"))]
    if names and names[0] in annotations and function.owner is not None and "s" not in function.entry[1]:
        _bind_receiver(resolver, function, annotations[names[0]], mapping)
    if _binds_first(function) or (
        isinstance(function.receiver, Class) and function.name in ("__init__", "__new__")
    ):
        names = names[1:]
    given: list[tuple[str, Value | None]] = [
        *zip(names, arguments.positional, strict=False),
        *arguments.keywords.items(),
    ]
    for name, value in given:
        text = annotations.get(name)
        if text is not None and value is not None:
            match(resolver, resolver.annotation(function.module, text, function.owner), value, mapping)
    return mapping


def _bind_receiver(resolver: Resolver, function: Function, text: str, mapping: Mapping) -> None:
    """Read ``self: T`` and ``cls: type[T]``."""
    head, _, inner = text.strip("'\"").partition("[")
    if head.rpartition(".")[2] in ("type", "Type") and inner.endswith("]"):
        promised = resolver.annotation(function.module, inner[:-1], function.owner)
        receiver = function.receiver
        if isinstance(receiver, Class | Instance):
            given = Instance(receiver) if isinstance(receiver, Class) else receiver
            match(resolver, promised, given, mapping)
    elif isinstance(function.receiver, Instance):
        match(
            resolver, resolver.annotation(function.module, text, function.owner), function.receiver, mapping
        )


def _class_of(function: Function) -> Class | None:
    receiver = function.receiver
    return (
        receiver if isinstance(receiver, Class) else receiver.cls if isinstance(receiver, Instance) else None
    )


def match(resolver: Resolver, promised: Value | None, given: Value, mapping: Mapping) -> None:
    """Read off what type variables stand for, from an annotation and the value that was given for it."""
    if isinstance(promised, TypeVariable):
        if mapping.get(promised.name) is None:
            mapping[promised.name] = inexact(given)
        return
    if isinstance(promised, OneOf):
        for option in promised.options:
            match(resolver, option, given, mapping)
        return
    if not (isinstance(promised, Instance) and promised.arguments and isinstance(given, Instance)):
        return
    if promised.cls == given.cls:
        for inner, value in zip(promised.arguments, given.arguments, strict=False):
            if inner is not None and value is not None:
                match(resolver, inner, value, mapping)
    elif len(promised.arguments) == 1 and isinstance(promised.arguments[0], TypeVariable):
        element = ModuleScope(resolver, "builtins").element(given)
        if element is not None:
            match(resolver, promised.arguments[0], element, mapping)
