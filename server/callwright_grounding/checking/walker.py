"""Walks a file's statements in order and tracks what names stand for; functions' bodies come last."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager

from callwright_grounding.checking.definitions import Definitions
from callwright_grounding.checking.frames import (
    Bindings,
    assigned_names,
    declared_global,
    leaves,
    less_sure,
    merged,
)
from callwright_grounding.checking.guards import caught, expects_errors, is_doubting
from callwright_grounding.resolution.values import Class, Instance, Value


class Walker(Definitions):
    """Walks one file.

    Args:
        resolver: Where modules and classes are looked up.
        judge: Who is told of what is found on the way.
        reader: The file's reader; its ``module`` is the name under which the file's summary is registered.
    """

    def walk(self, tree: ast.Module) -> None:
        """Walk the whole file."""
        self.globals = declared_global(tree.body)
        self.resolver.imported.clear()
        module = self.frame
        self.block(tree.body)
        module.finish()
        while self._pending:
            node, frame, cls = self._pending.pop(0)
            self.function_body(node, frame, cls)

    def block(self, body: list[ast.stmt]) -> None:
        """Walk statements in order."""
        for node in body:
            getattr(self, f"walk_{type(node).__name__.lower()}", self.simple)(node)

    def simple(self, node: ast.stmt) -> None:
        """A statement that binds nothing: look at its expressions."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.infer(child)

    # -- imports -----------------------------------------------------------------------------------

    def walk_import(self, node: ast.Import) -> None:
        """``import a.b as c``."""
        for alias in node.names:
            self.file_judge.import_module(node, alias)
            self.resolver.imported.add(alias.name)
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            self.frame.bind(alias.asname or name, self.resolver.module(name))

    def walk_importfrom(self, node: ast.ImportFrom) -> None:
        """``from a import b``."""
        module = self.reader.absolute(node)
        self.resolver.imported.add(module)
        for alias in node.names:
            if alias.name == "*":
                self._star(module)
                continue
            self.file_judge.import_name(node, alias, module)
            found = self.resolver.module_attribute(module, alias.name) if module else None
            value = found.value if found is not None and found.state == "found" else None
            self.frame.bind(alias.asname or alias.name, value)

    def _star(self, module: str) -> None:
        if self.resolver.closed(module):
            self.frame.doubt(list(self.frame.bindings))
            return
        for name in self.resolver.module_names(module):
            if not name.startswith("_"):
                self.frame.bind(name, self.resolver.module_attribute(module, name).value)

    # -- assignments -------------------------------------------------------------------------------

    def walk_assign(self, node: ast.Assign) -> None:
        """``a = b = value``."""
        value = self.infer(node.value)
        for target in node.targets:
            self.bind_target(target, value)

    def walk_annassign(self, node: ast.AnnAssign) -> None:
        """``a: T = value``: the annotation counts, unless the value says more."""
        value = self.infer(node.value) if node.value is not None else None
        promised = self.annotation(node.annotation)
        exact = isinstance(value, Instance) and isinstance(promised, Instance) and value.cls == promised.cls
        self.bind_target(node.target, value if exact else promised)

    def walk_augassign(self, node: ast.AugAssign) -> None:
        """``a += value``: stays what it is only where both are alike."""
        value = self.infer(node.value)
        if isinstance(node.target, ast.Name):
            before = self.name(node.target.id)
            alike = isinstance(before, Instance) and isinstance(value, Instance) and before.cls == value.cls
            self.frame.bind(node.target.id, before if alike else None)
        else:
            self.bind_target(node.target, None)

    def walk_delete(self, node: ast.Delete) -> None:
        """``del a``."""
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.frame.bind(target.id, None)
            else:
                self.bind_target(target, None)

    # -- blocks ------------------------------------------------------------------------------------

    def walk_if(self, node: ast.If) -> None:
        """``if``: both branches, then what either leaves."""
        self.infer(node.test)
        doubting = is_doubting(node.test, self.reader.text(node.test) or "version")
        before, doubted = dict(self.frame.bindings), dict(self.doubted)
        with self.guarding({"import", "attribute", "keyword"} if doubting else set()):
            holds, fails = self.narrowed(node.test), self.narrowed(_negated(node.test))
            self.look_at(node.test)
            self.take(holds)
            after_body = self._branch(node.body)
            self.frame.bindings, doubted_in_body = dict(before), self.doubted
            self.doubted = less_sure(doubted, self.doubted)
            self.look_at(node.test)
            self.take(fails)
            after_else = self._branch(node.orelse)
        asked = {name for name in before if name in self.frame.bindings and self.frame.bindings[name] is None}
        if after_body is None or after_else is None:
            self.frame.bindings = after_else or after_body or self.frame.bindings
            for name in asked & set(holds) if after_body is not None else set():
                self.frame.bindings[name] = after_body[name] if after_body else None
        else:
            self.frame.bindings = merged(after_body, after_else)
        if after_body is not None:
            both = less_sure(doubted, self.doubted)
            self.doubted = both if after_else is not None else doubted_in_body

    def _branch(self, body: list[ast.stmt]) -> Bindings | None:
        self.block(body)
        return None if leaves(body) else self.frame.bindings

    def walk_for(self, node: ast.For | ast.AsyncFor) -> None:
        """``for``: names that the body assigns are unknown at its start."""
        element = self.element(self.infer(node.iter))
        before = dict(self.frame.bindings)
        self._begin_loop(node.body)
        self.bind_target(node.target, element if isinstance(node, ast.For) else None)
        self._end_loop(node, before)

    walk_asyncfor = walk_for

    def walk_while(self, node: ast.While) -> None:
        """``while``."""
        before = dict(self.frame.bindings)
        self._begin_loop(node.body)
        self.infer(node.test)
        self.look_at(node.test)
        self._end_loop(node, before)

    def _begin_loop(self, body: list[ast.stmt]) -> None:
        """Forget what the body may have changed when it is run again."""
        self.frame.doubt(assigned_names(body))
        self.doubted = dict.fromkeys(self.doubted)

    def _end_loop(self, node: ast.For | ast.AsyncFor | ast.While, before: Bindings) -> None:
        self.block(node.body)
        self.frame.bindings = merged(before, self.frame.bindings)
        self.doubted = dict.fromkeys(self.doubted)
        self.block(node.orelse)

    def walk_with(self, node: ast.With | ast.AsyncWith) -> None:
        """``with``."""
        swallowing = False
        for item in node.items:
            value = self.infer(item.context_expr)
            swallowing |= expects_errors(item)
            if item.optional_vars is not None:
                self.bind_target(
                    item.optional_vars, self.entered(value) if isinstance(node, ast.With) else None
                )
        with self.guarding({"import", "attribute", "keyword"} if swallowing else set()):
            self.block(node.body)

    walk_asyncwith = walk_with

    def walk_try(self, node: ast.Try) -> None:
        """``try``: what handlers expect is not reported in the body; they may run after any part of it."""
        before = dict(self.frame.bindings)
        kinds = caught(node)
        with self.guarding(kinds):
            self.block(node.body)
        after = self.frame.bindings
        with self.guarding(kinds):
            self.block(node.orelse)
        self.doubted = dict.fromkeys(self.doubted)
        ends = [self.frame.bindings] if not leaves(node.body) and not leaves(node.orelse) else []
        for handler in node.handlers:
            self.frame.bindings = merged(before, after)
            if handler.type is not None:
                self.infer(handler.type)
            if handler.name is not None:
                self.frame.bind(handler.name, self._caught_value(handler.type))
            with self.guarding({"import"} if kinds else set()):
                self.block(handler.body)
            if not leaves(handler.body):
                ends.append(self.frame.bindings)
        self.frame.bindings = ends[0] if ends else merged(before, after)
        for end in ends[1:]:
            self.frame.bindings = merged(self.frame.bindings, end)
        self.block(node.finalbody)

    walk_trystar = walk_try

    def _caught_value(self, kind: ast.expr | None) -> Value | None:
        if kind is None or isinstance(kind, ast.Tuple):
            return None
        value = self.infer(kind)
        # An exception often carries attributes that only its raiser knows.
        return Instance(value) if isinstance(value, Class) and value.module != "builtins" else None

    def walk_match(self, node: ast.Match) -> None:
        """``match``: what patterns bind is unknown, and so is what was matched."""
        self.infer(node.subject)
        before = dict(self.frame.bindings)
        ends = [before]
        for case in node.cases:
            self.frame.bindings = dict(before)
            for item in ast.walk(case.pattern):
                for name in (getattr(item, "name", None), getattr(item, "rest", None)):
                    if name:
                        self.frame.bind(name, None)
            if isinstance(node.subject, ast.Name):
                self.frame.doubt([node.subject.id])
            if case.guard is not None:
                self.infer(case.guard)
            self.block(case.body)
            self.doubted = dict.fromkeys(self.doubted)
            ends.append(self.frame.bindings)
        for end in ends[:-1]:
            self.frame.bindings = merged(self.frame.bindings, end)

    def walk_assert(self, node: ast.Assert) -> None:
        """``assert``: from here on what it asks about is as it says."""
        self.infer(node.test)
        narrowed = self.narrowed(node.test)
        self.look_at(node.test)
        self.take(narrowed)

    def walk_return(self, node: ast.Return) -> None:
        """``return``."""
        self.frame.returns.append(self.infer(node.value) if node.value is not None else None)

    @contextmanager
    def guarding(self, kinds: set[str]) -> Iterator[None]:
        """Report nothing of these kinds inside."""
        for kind in kinds:
            self.file_judge.guarded[kind] += 1
        try:
            yield
        finally:
            for kind in kinds:
                self.file_judge.guarded[kind] -= 1

    def infer_boolop(self, node: ast.BoolOp) -> Value | None:
        """``available() and use()``: what comes after a doubt is not reported."""
        with self.guarding(self._doubts(node.values[:-1])):
            return super().infer_boolop(node)

    def infer_ifexp(self, node: ast.IfExp) -> Value | None:
        """``use() if available() else None``."""
        with self.guarding(self._doubts([node.test])):
            return super().infer_ifexp(node)

    def _doubts(self, tests: list[ast.expr]) -> set[str]:
        doubting = any(is_doubting(test, self.reader.text(test) or "") for test in tests)
        return {"import", "attribute", "keyword"} if doubting else set()


def _negated(test: ast.expr) -> ast.expr:
    """What holds where ``not test`` does not; nothing for a test without ``not``."""
    negative = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    return test.operand if negative else ast.Constant(None)  # type: ignore[attr-defined]
