"""Which keywords a callable takes, and whether those are all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from callwright_grounding.environment.summary import Entry
from callwright_grounding.resolution import overlays
from callwright_grounding.resolution.values import Class, Function, Instance, Module, OneOf, Value

if TYPE_CHECKING:
    from callwright_grounding.resolution.resolver import Resolver

_MAX_DEPTH = 5


@dataclass(frozen=True)
class Keywords:
    """The keywords that a call may use."""

    names: tuple[str, ...] = ()
    """In the order of the signature; those found behind ``**kwargs`` come last."""
    open: str = ""
    """Why further keywords may be taken; empty where these are all."""


UNKNOWN = Keywords(open="the callable is not known")


def keywords(resolver: Resolver, value: Value | None, depth: int = 0) -> Keywords:
    """The keywords of a callable value."""
    if depth > _MAX_DEPTH:
        return UNKNOWN
    match value:
        case Class():
            return _constructor(resolver, value, depth)
        case Function():
            return _function(resolver, value, depth)
        case Instance():
            return _call_method(resolver, value, depth)
        case OneOf(choices):
            return _joined([keywords(resolver, choice, depth + 1) for choice in choices])
    return UNKNOWN


def _joined(found: list[Keywords]) -> Keywords:
    names = dict.fromkeys(name for one in found for name in one.names)
    return Keywords(tuple(names), next((one.open for one in found if one.open), ""))


def _call_method(resolver: Resolver, instance: Instance, depth: int) -> Keywords:
    method = next(
        (name for path, name in overlays.CALLS_FORWARD.items() if resolver.is_subclass(instance.cls, path)),
        "__call__",
    )
    found = resolver.attribute(instance, method).value
    return keywords(resolver, found, depth + 1) if isinstance(found, Function) else UNKNOWN


def _function(resolver: Resolver, function: Function, depth: int) -> Keywords:
    flags = function.entry[1]
    if "x" in flags or "p" in flags:
        return Keywords(_shown_names(function), "is decorated")
    bound = function.receiver is not None and "s" not in flags
    found = [_signature(resolver, function, signature, bound, depth) for signature in function.entry[2]]
    if "o" in flags:
        found = _implemented(function, found)
    if function.module.startswith("torch._C"):
        found.append(Keywords(tuple(overlays.ALIASED_KEYWORDS)))
    return _joined(found)


def _implemented(function: Function, found: list[Keywords]) -> list[Keywords]:
    """Overloads without what their implementation, where it is there to see, does not take."""
    bodies = [
        signature for signature in function.entry[2] if not signature[1] and _takes_anything(signature[0])
    ]
    if not bodies:
        return found
    taken = {name for signature in bodies for name in _named(signature[0])}
    return [Keywords(tuple(name for name in one.names if name in taken), one.open) for one in found]


def _takes_anything(parameters: list[str]) -> bool:
    """Whether a signature without annotations may be an implementation: it takes something, and says what."""
    some = [name for name in parameters if name.lstrip("/") not in ("self", "cls")]
    return bool(some) and not any(name.startswith("**") for name in some)


def _shown_names(function: Function) -> tuple[str, ...]:
    found = [_named(signature[0]) for signature in function.entry[2]]
    return tuple(dict.fromkeys(name for names in found for name in names if name not in ("self", "cls")))


def _named(parameters: list[str]) -> list[str]:
    # A leading `__` marks positional-only parameters in older stubs (PEP 484).
    named = [name.lstrip("!") for name in parameters if not name.startswith(("/", "*", "__"))]
    return [name for name in named if name not in overlays.ONLY_IN_STUBS]


def _signature(
    resolver: Resolver, function: Function, signature: list[Any], bound: bool, depth: int
) -> Keywords:
    parameters, _, _, used, forwarded = signature[:5]
    names = _named(parameters)
    if bound and names and parameters and parameters[0] == names[0]:
        names = names[1:]
    if not any(name.startswith("**") for name in parameters):
        return Keywords(tuple(names))
    names += [name for name in used if name not in names]
    reason = "" if forwarded else "takes any keyword"
    for target in forwarded:
        found = _forwarded(resolver, function, target, depth)
        names += [name for name in found.names if name not in names]
        reason = reason or found.open
    return Keywords(tuple(names), reason)


def _forwarded(resolver: Resolver, function: Function, target: str, depth: int) -> Keywords:
    """The keywords of what ``**kwargs`` is handed to."""
    head, _, rest = target.partition(".")
    if head == "?":
        return Keywords(open="hands its keywords on")
    if head == "super":
        return _super(resolver, function, rest, depth)
    value: Value | None
    if head in ("self", "cls") and function.owner is not None:
        value = Instance(function.owner) if head == "self" else function.owner
        for part in rest.split(".") if rest else []:
            value = resolver.attribute(value, part).value if value is not None else None
        # A subclass may replace the method, or be what is constructed.
        return Keywords(keywords(resolver, value, depth + 1).names, "may be overridden")
    found = resolver.module_attribute(function.module, head)
    value = found.value if found.state == "found" else None
    for part in rest.split(".") if rest else []:
        value = resolver.attribute(value, part).value if value is not None else None
    return keywords(resolver, value, depth + 1) if not isinstance(value, Module) else UNKNOWN


def _super(resolver: Resolver, function: Function, method: str, depth: int) -> Keywords:
    receiver = function.receiver
    start = (
        receiver if isinstance(receiver, Class) else receiver.cls if isinstance(receiver, Instance) else None
    )
    if function.owner is None:
        return UNKNOWN
    order = resolver.order(start or function.owner)
    bases = [base.cls for base in order.bases]
    after = bases[bases.index(function.owner) + 1 :] if function.owner in bases else []
    for cls in after:
        entry: Entry | None = cls.entry[5].get(method)
        if entry is not None:
            if entry[0] != "f":
                return UNKNOWN
            if cls.path == "builtins.object":
                break
            found = Function(
                cls.module, f"{cls.name}.{method}", entry, cls, receiver or Instance(function.owner)
            )
            return _function(resolver, found, depth + 1)
    return Keywords(open=order.open or "a subclass's order may differ")


def _constructor(resolver: Resolver, cls: Class, depth: int) -> Keywords:
    """The keywords of a class: of its ``__init__``, its ``__new__`` or its dataclass fields."""
    order = resolver.order(cls)
    reason = _constructor_openness(resolver, cls)
    for base in order.bases:
        members = base.cls.entry[5]
        if base.cls.path == "builtins.object":
            break
        if "__init__" not in members and _is_record(base.cls):
            return Keywords(tuple(_fields(resolver, cls)), reason or order.open)
        for name in ("__init__", "__new__"):
            if name not in members:
                continue
            if members[name][0] != "f":
                return UNKNOWN
            function = Function(base.cls.module, f"{base.cls.name}.{name}", members[name], base.cls, cls)
            found = _function(resolver, function, depth + 1)
            other = "__new__" if name == "__init__" else ""
            if other and any(b.cls.path != "builtins.object" for b, _ in resolver.find_member(cls, other)):
                inherited = next(b for b, _ in resolver.find_member(cls, other))
                if inherited.cls == base.cls or "__new__" in members:
                    entry = inherited.cls.entry[5][other]
                    if entry[0] == "f":
                        new = Function(base.cls.module, f"{base.cls.name}.{other}", entry, inherited.cls, cls)
                        found = _joined([found, _function(resolver, new, depth + 1)])
            return Keywords(found.names, reason or found.open or _hidden(order.open))
    return Keywords((), reason or order.open)


def _hidden(reason: str) -> str:
    """What of a class's openness could also hide a constructor: not an unknown base behind a known one."""
    return reason if "decorated" in reason or "metaclass" in reason else ""


def _constructor_openness(resolver: Resolver, cls: Class) -> str:
    for base in resolver.order(cls).bases:
        if base.cls.path == "_typeshed.structseq":
            return "is made by C code, whose keywords no stub tells"
        metaclass = base.cls.entry[3]
        if metaclass is not None and metaclass.rpartition(".")[2] not in ("ABCMeta", "type"):
            return f"has the metaclass {metaclass}"
        for decorator in base.cls.entry[4]:
            name = decorator.rpartition(".")[2]
            if name not in overlays.HARMLESS_CLASS_DECORATORS or name in ("strict", "dataclass_transform"):
                return f"is decorated with {decorator}"
    return ""


def _is_record(cls: Class) -> bool:
    """Whether a class gets its constructor from its annotated fields."""
    decorated = any(name.rpartition(".")[2] in overlays.DATACLASS_DECORATORS for name in cls.entry[4])
    return decorated or any(text.rpartition(".")[2] == "NamedTuple" for text in cls.entry[2])


def _fields(resolver: Resolver, cls: Class) -> list[str]:
    names: dict[str, None] = {}
    for base in reversed(resolver.order(cls).bases):
        if not _is_record(base.cls):
            continue
        for name, entry in base.cls.entry[5].items():
            if (
                entry[0] == "v"
                and "a" in entry[1]
                and not (entry[2] or "").startswith(("ClassVar", "typing.ClassVar"))
            ):
                names[name] = None
                if any("init=False" in text for text in entry[3] or ()):
                    del names[name]
    return list(names)
