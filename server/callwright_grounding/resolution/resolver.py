"""From names to values: what an attribute, a base class, an annotation or a call stands for.

Answers come with how sure they are: *found*, *missing* (the set of names is closed, and this is not in
it), *likely* missing, or *open* (more may exist than is known). Runs nothing; gives up, as open, rather
than guess.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from callwright_grounding.environment.environment import Environment
from callwright_grounding.environment.exports import exported
from callwright_grounding.environment.summary import Entry, ModuleSummary
from callwright_grounding.resolution import overlays
from callwright_grounding.resolution.inference import Arguments
from callwright_grounding.resolution.scopes import ModuleScope, TypeScope
from callwright_grounding.resolution.values import (
    ELLIPSIS,
    NOTHING,
    SELF,
    Class,
    Function,
    Instance,
    Module,
    OneOf,
    TypeVariable,
    Value,
    inexact,
    one_of,
    options,
    substitute,
)

MAX_DEPTH = 24


@dataclass(frozen=True, slots=True)
class Lookup:
    """The answer to "has this an attribute of that name?"."""

    state: str
    """``found``, ``missing``, ``likely`` missing, ``uncalled`` (data, never callable), or ``open``."""
    value: Value | None = None
    reason: str = ""


OPEN = Lookup("open")
MISSING = Lookup("missing")
FOUND = Lookup("found")


@dataclass(frozen=True, slots=True)
class Base:
    """One class in a method resolution order, with what its type parameters are there."""

    cls: Class
    mapping: dict[str, Value | None]


@dataclass(frozen=True, slots=True)
class Order:
    """A class with all its bases."""

    bases: tuple[Base, ...]
    open: str
    """Why instances may have more attributes than the bases declare; empty where they are whole."""


@dataclass(slots=True)
class Known:
    """What was worked out for one module."""

    lookups: dict[str, Lookup] = field(default_factory=dict)
    entries: dict[str, Value | None] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    annotations: dict[tuple[str, str], Value | None] = field(default_factory=dict)
    values: dict[tuple[str, str], Value | None] = field(default_factory=dict)
    members: dict[tuple[str, str], Value | None] = field(default_factory=dict)


@lru_cache(maxsize=50_000)
def parse_expression(text: str) -> ast.expr | None:
    """The syntax of an expression; ``None`` where it is none."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _rebinds(name: str, entry: Entry) -> bool:
    """Whether a declaration is ``Name = decorate(Name, …)`` with a function that returns its argument."""
    if entry[0] != "v" or not entry[3] or len(entry[3]) != 1:
        return False
    head, _, rest = entry[3][0].partition("(")
    return head in overlays.IDENTITIES and rest.startswith((f"{name},", f"{name})", "..."))


class NameSets:
    """Several sets of names, asked as one.

    Args:
        sets: The sets.
    """

    def __init__(self, sets: Sequence[frozenset[str]]) -> None:
        self.sets = sets

    def __contains__(self, name: object) -> bool:
        """Whether any of the sets has this name."""
        return any(name in names for names in self.sets)


class Resolver:
    """Answers questions about names in one environment.

    Args:
        environment: The modules there are.
    """

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.local: dict[str, ModuleSummary] = {}
        """Summaries of buffers that are being edited or checked; they go before the files on disk."""
        self._known: defaultdict[str, Known] = defaultdict(Known)
        self.context = ""
        """The module that is looked at: its project's classes may be subclasses of any other."""
        self.imported: set[str] = set()
        """Modules that the buffer imports: submodules among them are bound on their packages."""
        self._active: set[tuple[str, str]] = set()
        self._depth = 0

    def forget(self, module: str | None = None) -> None:
        """Forget what was worked out, after a module (or, with ``None``, anything) changed."""
        if module is None:
            self._known.clear()
        else:
            self._known.pop(module, None)

    def summary(self, module: str) -> ModuleSummary | None:
        """What a module declares."""
        return self.local.get(module) or self.environment.summary(module)

    # -- modules -----------------------------------------------------------------------------------

    def module(self, name: str) -> Module | None:
        """The module of this name; ``None`` where there is none."""
        return Module(name) if name in self.local or self.environment.exists(name) else None

    def module_attribute(self, module: str, name: str) -> Lookup:
        """Look a name up in a module, as ``module.name`` and ``from module import name`` do."""
        known = self._known[module].lookups
        if name in known:
            return known[name]
        found = self._module_attribute(module, name)
        if not self._active or found.value is not None:  # inside a cycle an answer may be less than the whole
            known[name] = found
        return found

    def _module_attribute(self, module: str, name: str) -> Lookup:
        summary = self.summary(module)
        if summary is None:
            return OPEN
        for names in (summary.names, summary.typing_names):
            if name in names:
                return Lookup("found", self.entry_value(module, name, names[name]))
        if self.environment.exists(f"{module}.{name}"):
            return Lookup("found", Module(f"{module}.{name}"))
        if name in summary.extra:
            return FOUND
        for star in (*summary.stars, *summary.typing_stars):
            found = self._star_attribute(star, name, module)
            if found.state != "missing":
                return found
        if name.startswith("_") or summary.open:
            return Lookup("open", None, summary.open or "private names are not judged")
        added = overlays.ADDED_AT_RUN_TIME.get(module)
        if added is not None and added.fullmatch(name):
            return OPEN
        stored = self.environment.distribution_names(module, "stored")
        return OPEN if stored is not None and name in stored else MISSING

    def _star_attribute(self, star: str, name: str, module: str) -> Lookup:
        key = (f"*{star}", name)
        if key in self._active:
            return MISSING
        summary = self.summary(star)
        if summary is None:
            return Lookup("open", None, f"imports * from {star}, which is not known")
        if summary.all is not None and summary.all_complete and name not in summary.all:
            return MISSING
        self._active.add(key)
        try:
            found = self.module_attribute(star, name)
        finally:
            self._active.discard(key)
        return found

    def module_names(self, module: str, seen: frozenset[str] = frozenset()) -> dict[str, bool]:
        """Every name a module may have; the value says whether it exists at run time for certain."""
        summary = self.summary(module)
        if summary is None or module in seen:
            return {}
        names = dict.fromkeys(summary.typing_names, summary.lazy)
        for star in (*summary.stars, *summary.typing_stars):
            target = self.summary(star)
            if target is not None:
                found = self.module_names(star, seen | {module})
                shown = set(exported(star, target)) if target.all is not None else None
                for name, sure in found.items():
                    if (name in shown) if shown is not None else not name.startswith("_"):
                        names[name] = names.get(name, False) or (sure and star in summary.stars)
        for name, entry in summary.names.items():
            if entry[0] == "i" and not self.environment.exists(entry[1].partition(".")[0]):
                names.setdefault(name, False)  # the import fails, and something expects that
                continue
            # A lazy module takes the place of the one whose body was run; only what it was told to export
            # is there.
            names[name] = not summary.lazy or name in summary.extra or names.get(name, False)
        return names

    def closed(self, module: str) -> str:
        """Why a module's names are not all known; empty where they are."""
        summary = self.summary(module)
        if summary is None:
            return "not known"
        if summary.open or summary.unsure:
            return summary.open or summary.unsure
        for star in summary.stars:
            target = self.summary(star)
            if target is None or (target.open and not target.all):
                return f"imports * from {star}"
        return ""

    # -- declarations ------------------------------------------------------------------------------

    def entry_value(self, module: str, name: str, entry: Entry) -> Value | None:
        """The value of a module's top-level name."""
        key = (module, name)
        known = self._known[module].entries
        if name in known:
            return known[name]
        if key in self._active or self._depth > MAX_DEPTH:
            return None
        self._active.add(key)
        self._depth += 1
        try:
            value = self._entry_value(module, name, entry)
        finally:
            self._active.discard(key)
            self._depth -= 1
        known[name] = value
        return value

    def _entry_value(self, module: str, name: str, entry: Entry, owner: Class | None = None) -> Value | None:
        kind = entry[0]
        qualified = f"{owner.name}.{name}" if owner is not None else name
        if kind == "i":
            return self._imported(module, name, entry)
        if kind == "c":
            return Class(module, qualified, entry)
        if kind == "f":
            return Function(module, qualified, entry, owner)
        if kind == "v":
            return self._variable(module, entry, owner)
        chosen = [alternative for alternative in entry[1] if not _rebinds(name, alternative)]
        return one_of(self._entry_value(module, name, alternative, owner) for alternative in chosen)

    def _imported(self, module: str, name: str, entry: Entry) -> Value | None:
        source, wanted = entry[1], entry[2]
        if wanted is None:
            return self.module(source)
        if source == module and wanted == name:  # `from . import name` in a package's `__init__`
            return self.module(f"{source}.{wanted}")
        summary = self.summary(source)
        if summary is not None and summary.names.get(wanted, [None])[0] == "i":
            target = summary.names[wanted]
            if target[1:] == [source, wanted]:
                return self.module(f"{source}.{wanted}")
        return self.module_attribute(source, wanted).value

    def _variable(self, module: str, entry: Entry, owner: Class | None) -> Value | None:
        _, _, annotation, values = entry
        if annotation is not None and annotation.rpartition(".")[2] not in ("TypeAlias", "Final", "ClassVar"):
            return self.annotation(module, annotation, owner)
        if not values:
            return None
        return one_of(self.value(module, text, owner) for text in values)

    def value(self, module: str, text: str, owner: Class | None = None) -> Value | None:
        """The value of an expression in a module's scope, ``self`` being an instance of ``owner``."""
        if text.startswith(":"):
            return self.annotation(module, text[1:], owner)
        key = (owner.name if owner is not None else "", text)
        known = self._known[module].values
        if key in known:
            return known[key]
        known[key] = None  # what refers to itself is unknown
        node = parse_expression(text)
        self._depth += 1
        try:
            found = (
                None
                if node is None or self._depth > MAX_DEPTH
                else ModuleScope(self, module, owner).infer(node)
            )
        finally:
            self._depth -= 1
        known[key] = found
        return found

    # -- annotations -------------------------------------------------------------------------------

    def annotation(self, module: str, text: str, owner: Class | None = None) -> Value | None:
        """What an annotation in a module promises; type variables stay in it."""
        key = (owner.name if owner is not None else "", text)
        known = self._known[module].annotations
        if key in known:
            return known[key]
        known[key] = None
        node = parse_expression(text)
        scope = ModuleScope(self, module, owner)
        value = (
            None if node is None else self.annotated(node, scope.name, lambda name: self.alias(module, name))
        )
        known[key] = value
        return value

    def annotated(
        self,
        node: ast.expr,
        look: Callable[[str], Value | None],
        alias: Callable[[str], Value | None] | None = None,
    ) -> Value | None:
        """What an annotation promises.

        Args:
            node: Its syntax.
            look: The value of a name in the scope where it stands.
            alias: What a name stands for that is a type alias or a type variable there.
        """
        match node:
            case ast.Constant(value=None):
                return NOTHING
            case ast.Constant(value=str(text)):
                inner = parse_expression(text)
                return None if inner is None else self.annotated(inner, look, alias)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return one_of((self.annotated(left, look, alias), self.annotated(right, look, alias)))
            case ast.Subscript(value=head, slice=inner):
                return self._subscripted(head, inner, look, alias)
            case ast.Name(id=name) | ast.Attribute(attr=name):
                return self._named_type(node, name, look, alias)
        return None

    def _named_type(
        self,
        node: ast.expr,
        name: str,
        look: Callable[[str], Value | None],
        alias: Callable[[str], Value | None] | None,
    ) -> Value | None:
        if name in ("Self", "Any", "Never", "NoReturn", "LiteralString"):
            return {"Self": SELF, "LiteralString": self.builtin("str")}.get(name)
        value = TypeScope(self, look).infer(node)
        if isinstance(value, Class):
            return self._special_class(value)
        if isinstance(node, ast.Name) and alias is not None:
            return alias(name)
        if isinstance(node, ast.Attribute):
            holder = TypeScope(self, look).infer(node.value)
            if isinstance(holder, Module):
                return self.alias(holder.name, name)
        return None

    def _special_class(self, cls: Class) -> Value | None:
        if cls.path == "types.NoneType":
            return NOTHING
        if cls.path in ("typing.Any", "builtins.object"):
            return None
        # PEP 484: `float` also promises `int`, `complex` both; what both have is safe.
        return Instance(cls)

    def alias(self, module: str, name: str, depth: int = 0) -> Value | None:
        """A type alias or a type variable, followed through imports."""
        summary = self.summary(module)
        entry = None if summary is None else summary.names.get(name) or summary.typing_names.get(name)
        if summary is None or depth > 12:
            return None
        if entry is None:
            for star in (*summary.stars, *summary.typing_stars):
                if (found := self.alias(star, name, depth + 1)) is not None:
                    return found
            return None
        if entry[0] == "i" and entry[2] is not None:
            if (entry[1], entry[2]) == ("typing", "Text"):
                return self.builtin("str")
            return self.alias(entry[1], entry[2], depth + 1)
        if entry[0] == "v" and entry[3] and len(entry[3]) == 1:
            text = entry[3][0]
            head = text.partition("(")[0].rpartition(".")[2]
            if head in ("TypeVar", "ParamSpec", "TypeVarTuple"):
                return TypeVariable(name)
            return self.annotation(module, text)
        return None

    def _subscripted(
        self,
        head: ast.expr,
        inner: ast.expr,
        look: Callable[[str], Value | None],
        alias: Callable[[str], Value | None] | None,
    ) -> Value | None:
        name = head.attr if isinstance(head, ast.Attribute) else head.id if isinstance(head, ast.Name) else ""
        parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        if name in ("Optional", "Union"):
            found = [self.annotated(part, look, alias) for part in parts]
            return one_of([*found, NOTHING] if name == "Optional" else found)
        if name in ("Annotated", "ClassVar", "Final", "Required", "NotRequired", "ReadOnly", "InitVar"):
            return self.annotated(parts[0], look, alias)
        if name == "Literal":
            return one_of(self._literal(part) for part in parts)
        if name in ("type", "Type"):
            return None  # some subclass, of which nothing is said
        value = self.annotated(head, look, alias)
        if not isinstance(value, Instance):
            return None
        arguments = tuple(
            ELLIPSIS
            if isinstance(part, ast.Constant) and part.value is ...
            else self.annotated(part, look, alias)
            for part in parts
        )
        return Instance(value.cls, arguments)

    def _literal(self, node: ast.expr) -> Value | None:
        if not isinstance(node, ast.Constant):
            return None
        return NOTHING if node.value is None else self.builtin(type(node.value).__name__)

    def builtin(self, name: str, *arguments: Value | None) -> Instance | None:
        """An instance of a built-in class."""
        value = self.module_attribute("builtins", name).value
        return Instance(value, arguments, exact=True) if isinstance(value, Class) else None

    def path(self, dotted: str) -> Value | None:
        """The value behind a dotted path that starts at a module."""
        parts = dotted.split(".")
        for length in range(len(parts), 0, -1):
            value: Value | None = self.module(".".join(parts[:length]))
            if value is None:
                continue
            for part in parts[length:]:
                value = self.attribute(value, part).value if value is not None else None
            if value is not None:
                return value
        return None

    # -- classes -----------------------------------------------------------------------------------

    def order(self, cls: Class) -> Order:
        """A class with all its bases, nearest first."""
        known = self._known[cls.module].orders
        if cls.name not in known:
            known[cls.name] = Order((Base(cls, {}),), "refers to itself")
            known[cls.name] = self._order(cls)
        return known[cls.name]

    def _order(self, cls: Class) -> Order:
        bases: dict[tuple[str, str], Base] = {}
        reason = self._class_openness(cls)
        parents: list[tuple[Class, tuple[Value | None, ...]]] = []
        for text in cls.entry[2]:
            head = text.partition("[")[0].rpartition(".")[2]
            if head in ("Generic", "Protocol", "object"):
                continue
            value = self._base(cls, text)
            if isinstance(value, Instance):
                parents.append((value.cls, value.arguments))
            else:
                reason = reason or f"its base {text} is not known"
        for parent, arguments in parents:
            order = self.order(parent)
            reason = reason or order.open
            mapping = dict(zip(self.parameters(parent), arguments, strict=False))
            for base in order.bases:
                inherited = {name: substitute(v, mapping) if v else None for name, v in base.mapping.items()}
                if base.cls == parent:
                    inherited = mapping
                bases.pop((base.cls.module, base.cls.name), None)  # the last mention counts, as in C3
                bases[base.cls.module, base.cls.name] = Base(base.cls, inherited)
        own = {name: TypeVariable(name) for name in self._own_parameters(cls)}
        tail: dict[tuple[str, str], Base] = {}
        root = self.module_attribute("builtins", "object").value
        if isinstance(root, Class):
            bases.pop((root.module, root.name), None)
            tail[root.module, root.name] = Base(root, {})
        return Order((Base(cls, dict(own)), *bases.values(), *tail.values()), reason)

    def _base(self, cls: Class, text: str) -> Value | None:
        outer = self._outer(cls)
        value = self.annotation(cls.module, text, outer)
        if value is None:
            found = self.value(cls.module, text, outer)
            if isinstance(found, Class):
                return Instance(found)
        return value

    def _outer(self, cls: Class) -> Class | None:
        """The class that a class stands in."""
        name = cls.name.rpartition(".")[0]
        if not name:
            return None
        value = self.module_attribute(cls.module, name.partition(".")[0]).value
        for part in name.split(".")[1:]:
            entry = value.entry[5].get(part) if isinstance(value, Class) else None
            value = Class(cls.module, name, entry) if entry is not None and entry[0] == "c" else None
        return value if isinstance(value, Class) else None

    def _class_openness(self, cls: Class) -> str:
        _, flags, _, metaclass, decorators, members = cls.entry
        if "g" in flags:
            return "sets attributes by computed names"
        if cls.path != "builtins.object" and ("__getattr__" in members or "__getattribute__" in members):
            own = members.get("__getattr__") or members["__getattribute__"]
            if own[0] == "f" or "__getattr__" in members:
                return f"{cls.name} has a __getattr__"
        for decorator in decorators:
            if decorator.rpartition(".")[2] not in overlays.HARMLESS_CLASS_DECORATORS:
                return f"is decorated with {decorator}"
        if metaclass is not None and metaclass.rpartition(".")[2] not in overlays.HARMLESS_METACLASSES:
            value = self.value(cls.module, metaclass)
            special = {"__new__", "__init__", "__getattr__", "__getattribute__"}
            if not isinstance(value, Class) or special & set(value.entry[5]):
                return f"has the metaclass {metaclass}"
        summary = self.summary(cls.module)
        if summary is not None and cls.name in summary.opened:
            return "gets attributes by computed names"
        return ""

    def _own_parameters(self, cls: Class) -> list[str]:
        """Names of a class's type parameters, in order."""
        names: dict[str, None] = {}
        explicit: dict[str, None] = {}
        for text in cls.entry[2]:
            node = parse_expression(text)
            if not isinstance(node, ast.Subscript):
                continue
            head = text.partition("[")[0].rpartition(".")[2]
            for item in ast.walk(node.slice):
                if isinstance(item, ast.Name) and isinstance(self.alias(cls.module, item.id), TypeVariable):
                    (explicit if head in ("Generic", "Protocol") else names)[item.id] = None
        return list(explicit or names)

    def parameters(self, cls: Class) -> list[str]:
        """Names of a class's type parameters, in order."""
        return list(self.order(cls).bases[0].mapping)

    def find_member(self, cls: Class, name: str) -> Iterator[tuple[Base, Entry]]:
        """A member in a class and its bases, nearest first."""
        for base in self.order(cls).bases:
            entry = base.cls.entry[5].get(name)
            if entry is not None:
                yield base, entry

    def is_subclass(self, cls: Class, path: str) -> bool:
        """Whether a class is, or derives from, the one with this path."""
        return any(base.cls.path == path for base in self.order(cls).bases)

    # -- attributes --------------------------------------------------------------------------------

    def attribute(self, value: Value, name: str) -> Lookup:
        """Look an attribute up on a value."""
        match value:
            case Module(module):
                return self.module_attribute(module, name)
            case Class():
                return self._class_attribute(value, name)
            case Instance():
                return self._instance_attribute(value, name)
            case OneOf():
                return self._any_attribute(value, name)
            case Function():
                found = self.module_attribute("types", "FunctionType").value
                known = isinstance(found, Class) and name in found.entry[5]
                # Anyone may set attributes on a function, and decorators do.
                return Lookup("found") if known else OPEN
        return OPEN

    def _any_attribute(self, value: OneOf, name: str) -> Lookup:
        found = [self.attribute(option, name) for option in options(value)]
        if not found or any(lookup.state == "open" for lookup in found):
            return OPEN
        present = [lookup for lookup in found if lookup.state == "found"]
        if present:
            complete = len(present) == len(found)
            return Lookup("found", one_of(lookup.value for lookup in present) if complete else None)
        return next((lookup for lookup in found if lookup.state == "likely"), found[0])

    def _class_attribute(self, cls: Class, name: str) -> Lookup:
        for base, entry in self.find_member(cls, name):
            return Lookup("found", self._member_value(base, name, entry, cls, None))
        kind = self.module_attribute("builtins", "type").value
        if isinstance(kind, Class) and name in kind.entry[5]:
            return FOUND
        if cls.entry[3] is not None or any(base.cls.entry[3] is not None for base in self.order(cls).bases):
            found = self._metaclass_attribute(cls, name)
            if found is not None:
                return found
        return self._absent(cls, name, exact=True)

    def _metaclass_attribute(self, cls: Class, name: str) -> Lookup | None:
        for base in self.order(cls).bases:
            if base.cls.entry[3] is None:
                continue
            value = self.value(base.cls.module, base.cls.entry[3])
            if not isinstance(value, Class):
                return OPEN
            if any(True for _ in self.find_member(value, name)):
                return FOUND
            if self.order(value).open:
                return OPEN
        return None

    def _instance_attribute(self, instance: Instance, name: str) -> Lookup:
        for base, entry in self.find_member(instance.cls, name):
            return Lookup("found", self._member_value(base, name, entry, instance.cls, instance))
        return self._absent(instance.cls, name, exact=instance.exact)

    def _absent(self, cls: Class, name: str, *, exact: bool) -> Lookup:
        """What it means that no class in the order has this name."""
        if name.startswith("_"):
            return Lookup("open", None, "private names are not judged")
        order = self.order(cls)
        paths = {base.cls.path for base in order.bases}
        likely = False
        if order.open:
            bounded = overlays.MEMBERS_ONLY | overlays.NEVER_CALLED
            if not paths & bounded or self._open_besides(order, bounded):
                return Lookup("open", None, order.open)
            likely, exact = True, False
        near = self._assigned_nearby(order, "stored" if exact else "members")
        if near is None or name in near:
            return Lookup("open", None, "subclasses may have it")
        if paths & overlays.NEVER_CALLED:
            return Lookup("uncalled", None, order.open)
        return Lookup("likely", None, order.open) if likely else MISSING

    def _open_besides(self, order: Order, paths: frozenset[str]) -> bool:
        """Whether something other than the ``__getattr__`` of the given classes makes a class open."""
        for base in order.bases:
            if base.cls.path not in paths and self._class_openness(base.cls):
                return True
            for text in base.cls.entry[2]:
                if text.partition("[")[0].rpartition(".")[2] in ("Generic", "Protocol", "object"):
                    continue
                if self._base(base.cls, text) is None:
                    return True
        return False

    def _assigned_nearby(self, order: Order, kind: str) -> NameSets | None:
        """Names that subclasses or holders of an instance may have added; ``None`` where nobody knows."""
        modules = {base.cls.module for base in order.bases}
        if kind == "members" and all(
            base.cls.path == "builtins.object" or base.cls.name.endswith("Mixin") for base in order.bases
        ):
            return None  # what a mixin is mixed into has more
        sets: list[frozenset[str]] = []
        for module in modules | ({self.context} if self.context else set()):
            if module in self.local:
                sets.append(self.local_names(module, kind))
            if module == "__main__":
                continue
            found = self.environment.distribution_names(module, kind)
            if found is None and module not in self.local:
                return None
            if found is not None and not self.environment.is_standard(module):
                sets.append(found)  # all of the standard library's names would excuse nearly everything
        return NameSets(sets)

    def local_names(self, module: str, kind: str) -> frozenset[str]:
        """Attribute names that a buffer assigns (``stored``) or that its classes have (``members``)."""
        summary = self.local[module]
        names = set(summary.stored)
        if kind == "members":
            for entry in summary.names.values():
                if entry[0] == "c":
                    names.update(entry[5])
        return frozenset(names)

    def _member_value(
        self, base: Base, name: str, entry: Entry, cls: Class, instance: Instance | None
    ) -> Value | None:
        """The value of a class's member, read from the class or from an instance."""
        receiver: Value = instance if instance is not None else cls
        if entry[0] == "f":
            function = Function(base.cls.module, f"{base.cls.name}.{name}", entry, base.cls, receiver)
            if "p" in entry[1]:
                return (
                    inexact(self.result(function)) if instance is not None and "x" not in entry[1] else None
                )
            return function
        key = (base.cls.name, name)
        known = self._known[base.cls.module].members
        if key not in known:
            known[key] = None
            known[key] = self._entry_value(base.cls.module, name, entry, base.cls)
        value = known[key]
        if entry[0] == "v" and self._is_enum(cls) and "i" not in entry[1] and entry[2] is None:
            return Instance(cls)
        declared = isinstance(value, Instance) and entry[0] == "v" and "i" not in entry[1]
        if isinstance(value, Instance) and declared and any(self.find_member(value.cls, "__get__")):
            return None
        if isinstance(value, Function) and value.receiver is None and entry[0] == "v":
            return Function(value.module, value.name, value.entry, base.cls, receiver)
        return substitute(value, self.mapping(base, receiver)) if value is not None else None

    def _is_enum(self, cls: Class) -> bool:
        return any(base.cls.path == "enum.Enum" for base in self.order(cls).bases)

    def mapping(self, base: Base, receiver: Value | None) -> dict[str, Value | None]:
        """What type variables stand for in a base, seen from a receiver."""
        own: dict[str, Value | None] = {"Self": receiver if isinstance(receiver, Instance) else None}
        if isinstance(receiver, Class):
            own["Self"] = Instance(receiver)
        if isinstance(receiver, Instance):
            names = self.parameters(receiver.cls)
            if receiver.cls.path == "builtins.tuple":
                own["_T_co"] = one_of(a for a in receiver.arguments if a is not ELLIPSIS)
            else:
                own |= dict(zip(names, receiver.arguments, strict=False))
        return own | {name: substitute(v, own) for name, v in base.mapping.items() if v is not None}

    # -- calls -------------------------------------------------------------------------------------

    def result(self, function: Function, arguments: Arguments | None = None) -> Value | None:
        """What a function returns."""
        from callwright_grounding.resolution.calls import function_result

        return function_result(self, function, arguments)

    def call(self, value: Value, arguments: Arguments | None = None) -> Value | None:
        """What calling a value gives."""
        from callwright_grounding.resolution.calls import call_result

        return call_result(self, value, arguments)
