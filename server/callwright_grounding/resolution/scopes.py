"""The scopes of expressions that do not stand in the buffer: a module's top level, an annotation."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from callwright_grounding.resolution.inference import Inference
from callwright_grounding.resolution.values import Class, Instance, Value

if TYPE_CHECKING:
    from callwright_grounding.resolution.resolver import Resolver


class ModuleScope(Inference):
    """A module's top level, or the inside of one of its classes.

    Args:
        resolver: Where names are looked up.
        module: The module.
        owner: The class whose ``self`` and members can be named; ``None`` at the top level.
    """

    def __init__(self, resolver: Resolver, module: str, owner: Class | None = None) -> None:
        super().__init__(resolver)
        self.module = module
        self.owner = owner

    def name(self, name: str) -> Value | None:
        """A member of the class, else a name of the module, else a built-in."""
        if self.owner is not None:
            if name == "self":
                return Instance(self.owner)
            if name == "cls":
                return self.owner
            entry = self.owner.entry[5].get(name)
            if entry is not None and entry[0] == "c":
                return Class(self.module, f"{self.owner.name}.{name}", entry)
        found = self.resolver.module_attribute(self.module, name)
        if found.state == "found":
            return found.value
        if self.resolver.summary(self.module) is None:
            return None
        return self.resolver.module_attribute("builtins", name).value


class TypeScope(Inference):
    """Names as an annotation sees them; nothing in it is called.

    Args:
        resolver: Where names are looked up.
        look: The value of a name.
    """

    def __init__(self, resolver: Resolver, look: Callable[[str], Value | None]) -> None:
        super().__init__(resolver)
        self.look = look

    def name(self, name: str) -> Value | None:
        """A name, as the annotation's surroundings know it."""
        return self.look(name)

    def infer_call(self, node: ast.Call) -> Value | None:
        """Annotations call nothing."""
        return None
