"""What an expression can be: a module, a class, an instance, a function; ``None`` is *unknown*."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from callwright_grounding.environment.summary import Entry


@dataclass(frozen=True, slots=True)
class Module:
    """A module or package."""

    name: str


@dataclass(frozen=True, slots=True)
class Class:
    """A class object."""

    module: str
    name: str
    """Qualified within its module: ``Outer.Inner``."""
    entry: Entry = field(compare=False, hash=False, repr=False)

    @property
    def path(self) -> str:
        """``module.Outer.Inner``."""
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a class or, unless ``exact``, of any subclass of it."""

    cls: Class
    arguments: tuple[Value | None, ...] = ()
    """Type arguments: ``(str,)`` for ``list[str]``."""
    exact: bool = False
    claimed: bool = False
    """Whether only a parameter's annotation in the file says so, which nothing enforces."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function, or a method with the class it stands in and what it was read from."""

    module: str
    name: str
    entry: Entry = field(hash=False, repr=False)
    """Tells apart what is defined under one name in each branch of a condition."""
    owner: Class | None = None
    receiver: Value | None = None


@dataclass(frozen=True, slots=True)
class TypeVariable:
    """A type parameter, until something is put in its place."""

    name: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """The object ``None``."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several values, all of them known."""

    options: tuple[Value, ...]


Value = Module | Class | Instance | Function | TypeVariable | Nothing | OneOf

NOTHING = Nothing()
SELF = TypeVariable("Self")
ELLIPSIS = TypeVariable("...")


def one_of(values: Iterable[Value | None]) -> Value | None:
    """Join values; unknown as soon as one of them is."""
    listed = list(values)
    if not listed or any(value is None for value in listed):
        return None
    if len(listed) == 1 or all(value is listed[0] for value in listed):
        return listed[0]
    options: dict[Value, None] = {}
    for value in listed:
        if value is None:  # pragma: no cover (said above; for the type checker)
            return None
        for option in value.options if isinstance(value, OneOf) else (value,):
            plain = inexact(option)
            if plain is not option and plain in options:
                continue
            if isinstance(option, Instance) and not option.exact:
                options.pop(Instance(option.cls, option.arguments, exact=True), None)
            options[option] = None
    if not options or len(options) > 12:
        return None
    return next(iter(options)) if len(options) == 1 else OneOf(tuple(options))


def options(value: Value | None) -> tuple[Value, ...]:
    """The alternatives of a value, without the object ``None``; empty where it is unknown."""
    if value is None:
        return ()
    found = value.options if isinstance(value, OneOf) else (value,)
    return tuple(option for option in found if not isinstance(option, Nothing))


def substitute(value: Value | None, mapping: dict[str, Value | None]) -> Value | None:
    """Put values in the place of type variables; a variable that stays makes its place unknown."""
    match value:
        case TypeVariable(name):
            return value if value is ELLIPSIS else mapping.get(name)
        case Instance(cls, arguments, exact) if arguments:
            return Instance(
                cls, tuple(substitute(argument, mapping) for argument in arguments), exact, value.claimed
            )
        case OneOf(choices):
            return one_of(substitute(option, mapping) for option in choices)
    return value


def inexact(value: Value | None) -> Value | None:
    """The value as a subclass's method may hand it back."""
    match value:
        case Instance(cls, arguments, True):
            return Instance(cls, arguments, claimed=value.claimed)
        case OneOf(choices):
            return one_of(inexact(option) for option in choices)
    return value


def is_claimed(value: Value | None) -> bool:
    """Whether only an annotation says what a value is."""
    return isinstance(value, Instance) and value.claimed


def claimed(value: Value | None) -> Value | None:
    """The value as an annotation claims it."""
    match value:
        case Instance(cls, arguments):
            return Instance(cls, arguments, claimed=True)
        case OneOf(choices):
            return one_of(claimed(option) for option in choices)
    return value
