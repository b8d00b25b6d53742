"""From names to values: what an attribute, a base class, an annotation or a call stands for.

Answers come with how sure they are: *found*, *missing* (the set of names is closed, and this is not in
it), *likely* missing, or *open* (more may exist than is known). Runs nothing; gives up, as open, rather
than guess. The resolver remembers answers; the modules it asks work them out.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from callwright_grounding.environment.environment import Environment
from callwright_grounding.environment.summary import Entry, ModuleSummary
from callwright_grounding.resolution import (
    annotated_types,
    attributes,
    calls,
    declarations,
    module_names,
    orders,
)
from callwright_grounding.resolution.annotated_types import parse_expression
from callwright_grounding.resolution.inference import Arguments
from callwright_grounding.resolution.lookups import Lookup
from callwright_grounding.resolution.orders import Base, Order
from callwright_grounding.resolution.scopes import ModuleScope
from callwright_grounding.resolution.values import Class, Function, Instance, Module, Value

MAX_DEPTH = 24


@dataclass(slots=True)
class Known:
    """What was worked out for one module."""

    lookups: dict[str, Lookup] = field(default_factory=dict)
    entries: dict[str, Value | None] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    annotations: dict[tuple[str, str], Value | None] = field(default_factory=dict)
    values: dict[tuple[str, str], Value | None] = field(default_factory=dict)
    members: dict[tuple[str, str], Value | None] = field(default_factory=dict)


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
        self.active: set[tuple[str, str]] = set()
        """Names whose values are being worked out: what refers to itself ends there."""
        self._depth = 0
        self._looked_at = ""

    def forget(self, module: str | None = None) -> None:
        """Forget what was worked out, after a module (or, with ``None``, anything) changed."""
        if module is None:
            self._known.clear()
        else:
            self._known.pop(module, None)

    def look_at(self, module: str, summary: ModuleSummary) -> None:
        """Put a buffer in its file's place, and the file that was looked at before back into its own."""
        left, self._looked_at = self._looked_at, module
        if left != module and self.local.pop(left, None) is not None:
            self._forget_package(left)
        self.forget(module)
        self.local[module] = summary
        self.context = module

    def _forget_package(self, module: str) -> None:
        """Forget what was worked out for a module and those that are likely to import it."""
        package = module.partition(".")[0]
        for other in [name for name in self._known if name.partition(".")[0] == package]:
            self.forget(other)

    def known(self, module: str) -> Known:
        """What was worked out for a module."""
        return self._known[module]

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
        found = module_names.look_up(self, module, name)
        if not self.active or found.value is not None:  # inside a cycle an answer may be less than the whole
            known[name] = found
        return found

    def module_names(self, module: str) -> dict[str, bool]:
        """Every name a module may have; the value says whether it exists at run time for certain."""
        return module_names.every_name(self, module)

    def closed(self, module: str) -> str:
        """Why a module's names are not all known; empty where they are."""
        return module_names.openness(self, module)

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

    def builtin(self, name: str, *arguments: Value | None) -> Instance | None:
        """An instance of a built-in class."""
        value = self.module_attribute("builtins", name).value
        return Instance(value, arguments, exact=True) if isinstance(value, Class) else None

    # -- declarations and annotations --------------------------------------------------------------

    def entry_value(self, module: str, name: str, entry: Entry) -> Value | None:
        """The value of a module's top-level name."""
        key = (module, name)
        known = self._known[module].entries
        if name in known:
            return known[name]
        if key in self.active or self._depth > MAX_DEPTH:
            return None
        self.active.add(key)
        self._depth += 1
        try:
            value = declarations.declared(self, module, name, entry)
        finally:
            self.active.discard(key)
            self._depth -= 1
        known[name] = value
        return value

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
        return annotated_types.annotated(self, node, look, alias)

    def alias(self, module: str, name: str) -> Value | None:
        """A type alias or a type variable, followed through imports."""
        return annotated_types.alias(self, module, name)

    # -- classes and attributes --------------------------------------------------------------------

    def order(self, cls: Class) -> Order:
        """A class with all its bases, nearest first."""
        known = self._known[cls.module].orders
        if cls.name not in known:
            known[cls.name] = Order((Base(cls, {}),), "refers to itself")
            known[cls.name] = orders.work_out(self, cls)
        return known[cls.name]

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

    def attribute(self, value: Value, name: str) -> Lookup:
        """Look an attribute up on a value."""
        return attributes.look_up(self, value, name)

    def mapping(self, base: Base, receiver: Value | None) -> dict[str, Value | None]:
        """What type variables stand for in a base, seen from a receiver."""
        return attributes.mapping(self, base, receiver)

    def local_names(self, module: str, kind: str) -> frozenset[str]:
        """Attribute names that a buffer assigns (``stored``) or that its classes have (``members``)."""
        summary = self.local[module]
        names = set(summary.stored)
        if kind == "members":
            for entry in summary.names.values():
                if entry[0] == "c":
                    names.update(entry[5])
        return frozenset(names)

    # -- calls -------------------------------------------------------------------------------------

    def result(self, function: Function, arguments: Arguments | None = None) -> Value | None:
        """What a function returns."""
        return calls.function_result(self, function, arguments)

    def call(self, value: Value, arguments: Arguments | None = None) -> Value | None:
        """What calling a value gives."""
        return calls.call_result(self, value, arguments)
