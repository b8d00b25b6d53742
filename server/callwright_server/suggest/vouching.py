"""Vouches for a finished line: every name in it is known to exist, or the file itself uses it already."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from callwright_grounding.catalogue import Catalogue
from callwright_grounding.cursor import Position
from callwright_grounding.resolution.resolver import Resolver
from callwright_grounding.resolution.signatures import keywords
from callwright_grounding.resolution.strings import repository_argument, task_argument, tasks
from callwright_grounding.resolution.values import Value
from callwright_server.suggest.choosing import Place
from callwright_server.suggest.freely import NO_STATEMENT, Seen, parsed_line, seen_around


def doubts(position: Position, place: Place, written: str, catalogue: Catalogue) -> Iterator[str]:
    """What nobody can vouch for, each in words.

    Args:
        position: The place, understood.
        place: The same, as text.
        written: What stands behind the cursor now, up to the end of the line.
        catalogue: The ids that may be loaded.
    """
    tree = parsed_line(position.statement + written)
    if tree is None:
        yield NO_STATEMENT
        return
    witness = _Witness(position, seen_around(place.text, place.offset), catalogue, _bound(tree))
    for node in ast.walk(tree):
        yield from witness.of(node)


@dataclass(frozen=True)
class _Witness:
    """Looks at one node after another.

    Args:
        position: The place.
        seen: What the file uses.
        catalogue: The ids that may be loaded.
        bound: Names that the line itself binds; what they are is not known.
    """

    position: Position
    seen: Seen
    catalogue: Catalogue
    bound: frozenset[str]

    @property
    def resolver(self) -> Resolver:
        return self.position.resolver

    def of(self, node: ast.AST) -> Iterator[str]:
        """The doubts about one node."""
        match node:
            case ast.Import():
                yield from self._modules(node)
            case ast.ImportFrom():
                yield from self._imported(node)
            case ast.Name(ctx=ast.Load()) if node.id not in self.seen.names | self.bound:
                yield f"the model's line uses {node.id!r}, which this file does not define"
            case ast.Attribute(ctx=ast.Load()):
                yield from self._attribute(node)
            case ast.Call():
                yield from self._call(node)

    def _modules(self, node: ast.Import) -> Iterator[str]:
        for alias in node.names:
            if self.resolver.module(alias.name) is None:
                yield f"there is no module {alias.name!r} here"

    def _imported(self, node: ast.ImportFrom) -> Iterator[str]:
        module = node.module or ""
        if node.level:
            yield "nothing here knows where a relative import leads"
        elif self.resolver.module(module) is None:
            yield f"there is no module {module!r} here"
        else:
            for alias in node.names:
                if alias.name != "*" and self.resolver.module_attribute(module, alias.name).state != "found":
                    yield f"nothing here knows whether {module} has {alias.name!r}"

    def _attribute(self, node: ast.Attribute) -> Iterator[str]:
        value = self._value(node.value)
        state = self.resolver.attribute(value, node.attr).state if value is not None else "open"
        if state in ("missing", "likely"):
            yield f"there is no attribute {node.attr!r} there"
        elif state != "found" and node.attr not in self.seen.attributes:
            yield f"nothing here knows whether the attribute {node.attr!r} exists"

    def _call(self, node: ast.Call) -> Iterator[str]:
        value = self._value(node.func)
        known = keywords(self.resolver, value)
        for word in node.keywords:
            if word.arg is None or word.arg in known.names:
                continue
            if not known.open:
                yield f"there is no argument {word.arg!r} there"
            elif word.arg not in self.seen.keywords:
                yield f"nothing here knows whether the argument {word.arg!r} exists"
        task, repository = task_argument(value, node), repository_argument(value, node)
        if task is not None and task.value not in tasks(self.resolver):
            yield f"there is no pipeline task {task.value!r}"
        if repository is not None and repository.text not in self.catalogue.ids:
            yield f"{repository.text!r} is not in the catalogue"

    def _value(self, node: ast.expr) -> Value | None:
        """What an expression is; ``None`` where that is not known."""
        used = {item.id for item in ast.walk(node) if isinstance(item, ast.Name)}
        return None if used & self.bound else self.position.value(ast.unparse(node))


def _bound(tree: ast.Module) -> frozenset[str]:
    """Names that a line binds and may read again: targets of loops and comprehensions, parameters."""
    stored = {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    if len(tree.body) == 1 and isinstance(tree.body[0], ast.Assign):
        # What stands behind the sign is read before the target is bound.
        stored -= {target.id for target in tree.body[0].targets if isinstance(target, ast.Name)}
    parameters = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return frozenset(stored | parameters)
