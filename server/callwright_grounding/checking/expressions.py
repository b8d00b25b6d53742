"""Values of expressions in a file, with a look at every attribute, call and string on the way.

Each expression is visited once. Knows frames and conditions; leaves statements to ``walker`` and what is
reported to a
:class:`Judge`.
"""

from __future__ import annotations

import ast
from typing import Protocol

from callwright_grounding.checking.frames import Bindings, Frame
from callwright_grounding.checking.guards import chain, instance_tests, is_plain, narrowed_names
from callwright_grounding.resolution.inference import Inference
from callwright_grounding.resolution.lookups import Lookup
from callwright_grounding.resolution.resolver import Resolver
from callwright_grounding.resolution.values import Class, Instance, Value, one_of


class Judge(Protocol):
    """Is told of every attribute and call, with what is known of the receiver."""

    def attribute(self, node: ast.Attribute, value: Value, lookup: Lookup, *, called: bool) -> None:
        """An attribute is read."""
        ...

    def call(self, node: ast.Call, value: Value | None) -> None:
        """Something is called."""
        ...


class FileJudge(Judge):
    """A judge that is also told of imports."""

    guarded: dict[str, int]
    """How many surrounding blocks expect each kind of missing name."""
    silent: int
    """Above 0 while a body is walked only for what it returns."""

    def import_module(self, node: ast.Import, alias: ast.alias) -> None:
        """``import a.b``."""

    def import_name(self, node: ast.ImportFrom, alias: ast.alias, module: str) -> None:
        """``from a import b``."""


class FileInference(Inference):
    """Infers expressions of the file being walked.

    Args:
        resolver: Where modules and classes are looked up.
        judge: Who is told.
    """

    def __init__(self, resolver: Resolver, judge: Judge) -> None:
        super().__init__(resolver)
        self.judge = judge
        self.frame = Frame("module")
        self.globals: set[str] = set()
        self.doubted: Bindings = {}
        """Chains such as ``self.x`` whose type the code looked at, and what it found."""
        self._called: ast.expr | None = None

    # -- names -------------------------------------------------------------------------------------

    def name(self, name: str) -> Value | None:
        """The value of a name, from the innermost frame outwards, then of the built-ins."""
        frame: Frame | None = self.frame
        inner = True
        while frame is not None:
            if (inner or frame.kind != "class") and name in frame.bindings:
                return None if name in self.globals and frame.kind == "module" else frame.bindings[name]
            if name in frame.local and (inner or frame.kind != "class"):
                return None
            frame, inner = frame.parent, False
        return self.builtin_name(name)

    def builtin_name(self, name: str) -> Value | None:
        """The value of a built-in name."""
        return self.resolver.module_attribute("builtins", name).value

    def infer(self, node: ast.expr) -> Value | None:
        """The value of an expression; whatever is inside it is looked at too."""
        method = getattr(self, f"infer_{type(node).__name__.lower()}", None)
        if method is not None:
            value: Value | None = method(node)
            return value
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.infer(child)
        return None

    # -- attributes and calls ----------------------------------------------------------------------

    def infer_attribute(self, node: ast.Attribute) -> Value | None:
        """``value.attr``: looked up, and the judge is told."""
        called, self._called = self._called is node, None
        value = self.infer(node.value)
        looked_at = chain(node) if self.doubted else ""
        if value is None:
            return self.doubted.get(looked_at) if is_plain(node) else None
        lookup = self.resolver.attribute(value, node.attr)
        if lookup.state not in ("found", "open") and isinstance(node.ctx, ast.Load):
            self.judge.attribute(node, value, lookup, called=called)
        if looked_at in self.doubted:
            return self.doubted[looked_at] if is_plain(node) else None
        return lookup.value

    def infer_call(self, node: ast.Call) -> Value | None:
        """A call: its function, its arguments, its keywords."""
        self._called = node.func
        if isinstance(node.func, ast.Name) and node.func.id == "super":
            return self._super(node)
        value = self.infer(node.func)
        self._called = None
        arguments = self.arguments(node)
        self.judge.call(node, value)
        return self.call(node, value, arguments) if value is not None else None

    def call(self, node: ast.Call, value: Value, arguments: object) -> Value | None:
        """What a call returns."""
        return self.resolver.call(value, arguments)  # type: ignore[arg-type]

    def _super(self, node: ast.Call) -> Value | None:
        for argument in node.args:
            self.infer(argument)
        return None

    def infer_subscript(self, node: ast.Subscript) -> Value | None:
        """``value[index]``."""
        value = self.infer(node.value)
        index = self.infer(node.slice)
        if value is None:
            return None
        if isinstance(node.slice, ast.Slice):
            index = self.resolver.builtin("slice")
        return self.item(value, node.slice, index)

    # -- other scopes ------------------------------------------------------------------------------

    def infer_lambda(self, node: ast.Lambda) -> Value | None:
        """A lambda: its parameters are unknown."""
        inner = Frame("function", self.frame)
        arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self.infer(default)
        for item in (*arguments, node.args.vararg, node.args.kwarg):
            if item is not None:
                inner.bind(item.arg, None)
        self._within(inner, [node.body])
        return None

    def infer_listcomp(self, node: ast.ListComp) -> Value | None:
        """A list comprehension."""
        return self.resolver.builtin("list", self._comprehension(node.generators, [node.elt])[0])

    def infer_setcomp(self, node: ast.SetComp) -> Value | None:
        """A set comprehension."""
        return self.resolver.builtin("set", self._comprehension(node.generators, [node.elt])[0])

    def infer_generatorexp(self, node: ast.GeneratorExp) -> Value | None:
        """A generator expression."""
        self._comprehension(node.generators, [node.elt])
        return None

    def infer_dictcomp(self, node: ast.DictComp) -> Value | None:
        """A dict comprehension."""
        return self.resolver.builtin("dict", *self._comprehension(node.generators, [node.key, node.value]))

    def _comprehension(
        self, generators: list[ast.comprehension], results: list[ast.expr]
    ) -> list[Value | None]:
        outer, self.frame = self.frame, Frame("function", self.frame)
        if outer.kind == "class":
            self.frame.parent = outer
        before = dict(self.doubted)
        try:
            for generator in generators:
                self.bind_target(generator.target, self.element(self.infer(generator.iter)))
                for test in generator.ifs:
                    self.infer(test)
                    self.look_at(test)
            return [self.infer(result) for result in results]
        finally:
            self.frame, self.doubted = outer, before

    def _within(self, frame: Frame, nodes: list[ast.expr]) -> None:
        outer, self.frame = self.frame, frame
        try:
            for node in nodes:
                self.infer(node)
        finally:
            self.frame = outer

    # -- conditions --------------------------------------------------------------------------------

    def infer_boolop(self, node: ast.BoolOp) -> Value | None:
        """``a and b``: what ``a`` looked at is in doubt in ``b``."""
        if not any(narrowed_names(value) for value in node.values[:-1]):
            return one_of([self.infer(value) for value in node.values])
        before, bindings = dict(self.doubted), dict(self.frame.bindings)
        for value in node.values:
            self.infer(value)
            self.look_at(value)
        self.doubted, self.frame.bindings = before, bindings
        return None

    def infer_ifexp(self, node: ast.IfExp) -> Value | None:
        """``a if test else b``."""
        self.infer(node.test)
        before, bindings = dict(self.doubted), dict(self.frame.bindings)
        self.look_at(node.test)
        value = one_of([self.infer(node.body), self.infer(node.orelse)])
        self.doubted, self.frame.bindings = before, bindings
        return value

    def infer_compare(self, node: ast.Compare) -> Value | None:
        """A comparison."""
        for item in (node.left, *node.comparators):
            self.infer(item)
        kinds = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
        return self.resolver.builtin("bool") if all(isinstance(item, kinds) for item in node.ops) else None

    def infer_namedexpr(self, node: ast.NamedExpr) -> Value | None:
        """``name := value`` binds in the function, not in a comprehension."""
        value = self.infer(node.value)
        self.frame.bind(node.target.id, value)
        return value

    def look_at(self, test: ast.expr) -> None:
        """Forget the types of what a condition asks about."""
        for found in narrowed_names(test):
            if "." in found:
                self.doubted[found] = None
                continue
            frame: Frame | None = self.frame
            while frame is not None and found not in frame.bindings:
                frame = frame.parent
            if frame is not None:
                self.frame.bindings[found] = None

    def narrowed(self, test: ast.expr) -> Bindings:
        """What names and chains are where ``isinstance(name, Class)``, or several such, holds."""
        return {found: self._instance_of(classes) for found, classes in instance_tests(test)}

    def _instance_of(self, classes: list[ast.expr]) -> Value | None:
        values = [self.infer(item) for item in classes]
        return one_of(Instance(value) if isinstance(value, Class) else None for value in values)

    def take(self, narrowed: Bindings) -> None:
        """From here on names and chains are what a test found."""
        for found, value in narrowed.items():
            (self.doubted if "." in found else self.frame.bindings)[found] = value

    # -- binding -----------------------------------------------------------------------------------

    def bind_target(self, target: ast.expr, value: Value | None) -> None:
        """Give the names of an assignment's target their values."""
        match target:
            case ast.Name(id=name):
                self.frame.bind(name, value)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                starred = any(isinstance(element, ast.Starred) for element in elements)
                values = [None] * len(elements) if starred else self.unpacked(value, len(elements))
                for element, part in zip(elements, values, strict=True):
                    self.bind_target(element, part)
            case ast.Starred(value=inner):
                self.bind_target(inner, None)
            case ast.Attribute() | ast.Subscript():
                self.infer(target.value)
                if isinstance(target, ast.Subscript):
                    self.infer(target.slice)
                elif (found := chain(target)) in self.doubted or ("." in found and found[:5] != "self."):
                    self.doubted[found] = None

    def instance(self, cls: Class | None) -> Value | None:
        """``self`` in a method of a class."""
        return Instance(cls) if cls is not None else None
