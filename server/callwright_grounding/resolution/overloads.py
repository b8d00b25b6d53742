"""Which overloads of a function can take some arguments: by their number, keywords, literals and types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from callwright_grounding.resolution.inference import Arguments
from callwright_grounding.resolution.values import (
    Function,
    Instance,
    Nothing,
    OneOf,
    TypeVariable,
    Value,
)

if TYPE_CHECKING:
    from callwright_grounding.resolution.resolver import Resolver


def fitting(
    resolver: Resolver, function: Function, arguments: Arguments, *, skip_first: bool
) -> list[list[Any]]:
    """The overloads that can take these arguments, by their number, keywords, literals and types."""
    signatures: list[list[Any]] = function.entry[2]
    if len(signatures) == 1:
        return signatures
    if function.name == "open" and function.module == "builtins":
        mode = arguments.texts.get("mode", arguments.texts.get(1))
        given = len(arguments.positional) > 1 or "mode" in arguments.keywords
        # The first overload is the one for text, which is the default.
        return signatures[:1] if not given or (mode is not None and "b" not in mode) else signatures[1:]
    if "o" in function.entry[1]:
        signatures = [signature for signature in signatures if signature[1] or signature[2] is not None]
    found = [
        signature for signature in signatures if _fits(resolver, function, signature, arguments, skip_first)
    ]
    if len(found) > 1 and _surely_fits(resolver, function, found[0], arguments, skip_first):
        return found[:1]
    return found or signatures


def _surely_fits(
    resolver: Resolver, function: Function, signature: list[Any], arguments: Arguments, skip_first: bool
) -> bool:
    """Whether every argument is of a class that an overload names, so that no later one is asked."""
    if not arguments.complete or len(signature) <= 5:
        return False
    names = [name.lstrip("/") for name in signature[0] if not name.startswith(("!", "*"))][skip_first:]
    given = [*zip(names, arguments.positional, strict=False), *arguments.keywords.items()]
    return all(
        value is not None
        and name in signature[1]
        and _named(resolver, resolver.annotation(function.module, signature[1][name], function.owner), value)
        for name, value in given
    )


def _named(resolver: Resolver, promised: Value | None, given: Value) -> bool:
    """Whether an annotation names the class of a value, or one of its bases."""
    if isinstance(promised, OneOf):
        return any(_named(resolver, option, given) for option in promised.options)
    if isinstance(promised, Instance) and isinstance(given, Instance):
        return not promised.arguments and resolver.is_subclass(given.cls, promised.cls.path)
    return isinstance(promised, Nothing) and isinstance(given, Nothing)


def _fits(
    resolver: Resolver, function: Function, signature: list[Any], arguments: Arguments, skip_first: bool
) -> bool:
    parameters = signature[0]
    positional = [name.lstrip("/") for name in parameters if not name.startswith(("!", "*"))]
    if skip_first:
        positional = positional[1:]
    variadic = any(name.startswith("*") and not name.startswith("**") for name in parameters)
    if len(arguments.positional) > len(positional) and not variadic:
        return False
    open_ended = any(name.startswith("**") for name in parameters)
    names = {name.lstrip("!") for name in parameters if not name.startswith(("/", "*"))}
    if not open_ended and not all(word in names for word in arguments.keywords):
        return False
    required = signature[5][skip_first:] if len(signature) > 5 and arguments.complete else ()
    if not {*positional[: len(arguments.positional)], *arguments.keywords}.issuperset(required):
        return False
    given: list[tuple[int | str, str, Value | None]] = [
        (place, name, value)
        for place, (name, value) in enumerate(zip(positional, arguments.positional, strict=False))
    ]
    given += [(name, name, value) for name, value in arguments.keywords.items()]
    for place, name, value in given:
        text = signature[1].get(name)
        if text is None or value is None:
            continue
        if text.startswith("Literal[") and place in arguments.texts:
            if repr(arguments.texts[place])[1:-1] not in text:
                return False
        elif not _compatible(resolver, resolver.annotation(function.module, text, function.owner), value):
            return False
    return True


def _compatible(resolver: Resolver, promised: Value | None, given: Value) -> bool:
    """Whether a value may be passed for an annotation; false only where it surely may not."""
    if isinstance(promised, OneOf):
        return any(_compatible(resolver, option, given) for option in promised.options)
    if isinstance(promised, TypeVariable) or promised is None or isinstance(given, OneOf | TypeVariable):
        return True
    if isinstance(promised, Instance) and isinstance(given, Instance):
        if promised.cls == given.cls or given.cls.path in ("builtins.int", "builtins.bool"):
            return True
        protocol = any(text.partition("[")[0].endswith("Protocol") for text in promised.cls.entry[2])
        abstract = promised.cls.module in ("typing", "collections.abc", "_collections_abc", "_typeshed")
        return (
            protocol
            or abstract
            or bool(resolver.order(given.cls).open)
            or resolver.is_subclass(given.cls, promised.cls.path)
        )
    return not (isinstance(promised, Nothing) ^ isinstance(given, Nothing))
