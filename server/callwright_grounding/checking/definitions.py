"""Functions and classes of a file that is walked: their values, their bodies, what they return."""

from __future__ import annotations

import ast

from callwright_grounding.checking.expressions import FileInference, FileJudge
from callwright_grounding.checking.frames import Frame, assigned_names
from callwright_grounding.environment.functions import read_header
from callwright_grounding.environment.reader import FileReader
from callwright_grounding.environment.syntax import FunctionNode
from callwright_grounding.resolution.resolver import Resolver
from callwright_grounding.resolution.values import Class, Function, Instance, Value, claimed, inexact, one_of

_MAX_CALL_DEPTH = 3
_PLAIN = frozenset({
    "property", "cached_property", "abstractmethod", "override", "no_grad", "inference_mode",
    "torch_compilable_check", "auto_docstring", "can_return_tuple", "setter", "contextmanager",
    "lru_cache", "cache", "wraps", "final",
})  # fmt: skip


class Definitions(FileInference):
    """Knows the functions and classes of one file; leaves other statements to its subclass.

    Args:
        resolver: Where modules and classes are looked up.
        judge: Who is told of what is found on the way.
        reader: The file's reader; its ``module`` is the name under which the file's summary is registered.
    """

    def __init__(self, resolver: Resolver, judge: FileJudge, reader: FileReader) -> None:
        super().__init__(resolver, judge)
        self.file_judge = judge
        self.reader = reader
        self.module = reader.module
        self._pending: list[tuple[FunctionNode, Frame, Class | None]] = []
        self._functions: dict[int, tuple[FunctionNode, Frame, Class | None]] = {}
        self._results: dict[int, Value | None] = {}
        self._depth = 0

    def block(self, body: list[ast.stmt]) -> None:
        """Walk statements in order."""
        raise NotImplementedError

    def annotation(self, node: ast.expr | None) -> Value | None:
        """What an annotation in this file promises."""
        if node is None:
            return None
        return self.resolver.annotated(node, self.name, lambda name: self._alias(name))

    def _alias(self, name: str) -> Value | None:
        return self.resolver.alias(self.module, name)

    def walk_functiondef(self, node: FunctionNode) -> None:
        """``def``: decorators and defaults now, the body later."""
        for item in (*node.decorator_list, *node.args.defaults, *node.args.kw_defaults):
            if item is not None:
                self.infer(item)
        cls = self.frame.cls if self.frame.kind == "class" else None
        scope = self.frame
        entry = read_header(self.reader, node)
        value = Function(self.module, node.name, entry, cls)
        self._functions[id(entry)] = (node, scope, cls)
        self.frame.bind(node.name, value)
        if self.file_judge.silent:
            return
        self._pending.append((node, scope, cls))

    walk_asyncfunctiondef = walk_functiondef

    def function_body(self, node: FunctionNode, scope: Frame, cls: Class | None) -> Frame:
        """Walk a function's body in a frame of its own."""
        frame = Frame("function", scope, local=assigned_names(node.body), cls=cls)
        outer, self.frame = self.frame, frame
        doubted, self.doubted = self.doubted, {}
        guarded, self.file_judge.guarded = self.file_judge.guarded, dict.fromkeys(self.file_judge.guarded, 0)
        try:
            self._parameters(node, frame, cls)
            frame.local -= self.globals
            self.block(node.body)
        finally:
            self.frame, self.doubted, self.file_judge.guarded = outer, doubted, guarded
        frame.finish()
        return frame

    def _parameters(self, node: FunctionNode, frame: Frame, cls: Class | None) -> None:
        names = [
            item.attr if isinstance(item, ast.Attribute) else getattr(item, "id", "")
            for item in node.decorator_list
        ]
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        for number, item in enumerate(arguments):
            if number == 0 and cls is not None and "staticmethod" not in names and node.name != "__new__":
                own = Instance(cls) if "classmethod" not in names else None
                frame.bind(item.arg, own if not names or set(names) <= _PLAIN else None)
                continue
            frame.bind(item.arg, claimed(self.annotation(item.annotation)))
        if node.args.vararg is not None:
            frame.bind(node.args.vararg.arg, self.resolver.builtin("tuple"))
        if node.args.kwarg is not None:
            frame.bind(node.args.kwarg.arg, self.resolver.builtin("dict", self.resolver.builtin("str"), None))

    def walk_classdef(self, node: ast.ClassDef) -> None:
        """``class``: the body now, the methods later."""
        for item in (*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)):
            self.infer(item)
        cls = self._class(node)
        outer, self.frame = self.frame, Frame("class", self.frame, cls=cls)
        self.block(node.body)
        self.frame = outer
        known = not node.decorator_list or not self.resolver.order(cls).open if cls is not None else False
        self.frame.bind(node.name, cls if known else None)

    def _class(self, node: ast.ClassDef) -> Class | None:
        if self.frame.kind == "module":
            value = self.resolver.module_attribute(self.module, node.name).value
            return value if isinstance(value, Class) else None
        return None

    def call(self, node: ast.Call, value: Value, arguments: object) -> Value | None:
        """What a call returns; a function of this file without annotation is looked into."""
        result = super().call(node, value, arguments)
        if result is None and isinstance(value, Function) and id(value.entry) in self._functions:
            return self._own_result(value)
        return result

    def _own_result(self, function: Function) -> Value | None:
        key = id(function.entry)
        if key in self._results or self._depth >= _MAX_CALL_DEPTH:
            return self._results.get(key)
        node, scope, cls = self._functions[key]
        self._results[key] = None
        plain = isinstance(node, ast.FunctionDef) and not node.decorator_list and node.returns is None
        if not plain or (node.end_lineno or 0) - node.lineno > 200:
            return None
        self._depth += 1
        self.file_judge.silent += 1
        try:
            frame = self.function_body(node, scope, cls)
        finally:
            self.file_judge.silent -= 1
            self._depth -= 1
        yields = any(isinstance(item, ast.Yield | ast.YieldFrom) for item in ast.walk(node))
        value = inexact(one_of(frame.returns)) if frame.returns and not yields else None
        self._results[key] = value
        return value
