"""The value of an expression, in whatever scope its names are looked up.

Knows Python's operators, literals, calls and iteration; knows nothing of statements and of where names
come from.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from callwright_grounding.resolution.values import (
    ELLIPSIS,
    NOTHING,
    Class,
    Function,
    Instance,
    Value,
    claimed,
    inexact,
    one_of,
    options,
)

if TYPE_CHECKING:
    from callwright_grounding.resolution.resolver import Resolver

_OPERATORS = {
    ast.Add: "__add__", ast.Sub: "__sub__", ast.Mult: "__mul__", ast.Div: "__truediv__", ast.FloorDiv:
    "__floordiv__",
    ast.Mod: "__mod__", ast.Pow: "__pow__", ast.MatMult: "__matmul__", ast.BitOr: "__or__", ast.BitAnd:
    "__and__", ast.BitXor: "__xor__", ast.LShift: "__lshift__", ast.RShift: "__rshift__",
}  # fmt: skip
_NUMBERS = ("bool", "int", "float", "complex")


@dataclass(frozen=True)
class Arguments:
    """The values of a call's arguments."""

    positional: tuple[Value | None, ...] = ()
    keywords: dict[str, Value | None] = field(default_factory=dict)
    complete: bool = True
    """Whether no ``*`` or ``**`` hides further arguments."""
    texts: dict[int | str, str] = field(default_factory=dict)
    """String literals among the arguments, by position or keyword."""


class Inference:
    """Works out the values of expressions; a scope says what names stand for.

    Args:
        resolver: Where modules and classes are looked up.
    """

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def name(self, name: str) -> Value | None:
        """The value of a name in this scope."""
        raise NotImplementedError

    def infer(self, node: ast.expr) -> Value | None:
        """The value of an expression; ``None`` where it is unknown."""
        method = getattr(self, f"infer_{type(node).__name__.lower()}", None)
        value: Value | None = method(node) if method is not None else None
        return value

    # -- names and literals ------------------------------------------------------------------------

    def infer_name(self, node: ast.Name) -> Value | None:
        """A name."""
        return self.name(node.id)

    def infer_constant(self, node: ast.Constant) -> Value | None:
        """A literal."""
        if node.value is None:
            return NOTHING
        return None if node.value is ... else self.resolver.builtin(type(node.value).__name__)

    def infer_joinedstr(self, node: ast.JoinedStr) -> Value | None:
        """An f-string."""
        return self.resolver.builtin("str")

    def infer_list(self, node: ast.List) -> Value | None:
        """A list display."""
        return self.resolver.builtin("list", self._common(node.elts))

    def infer_set(self, node: ast.Set) -> Value | None:
        """A set display."""
        return self.resolver.builtin("set", self._common(node.elts))

    def infer_tuple(self, node: ast.Tuple) -> Value | None:
        """A tuple."""
        values = [self.infer(item) for item in node.elts]
        if any(isinstance(item, ast.Starred) for item in node.elts) or len(values) > 16:
            values = []
        return self.resolver.builtin("tuple", *values)

    def infer_dict(self, node: ast.Dict) -> Value | None:
        """A dict display."""
        keys = self._common([key for key in node.keys if key is not None])
        self._common(node.values)
        # The values of one dict are of many kinds, and further ones are put in later.
        return self.resolver.builtin("dict", *(() if None in node.keys else (keys, None)))

    def _common(self, nodes: list[ast.expr]) -> Value | None:
        values = [self.infer(node) for node in nodes]
        if not values or any(isinstance(node, ast.Starred) for node in nodes):
            return None
        return inexact(one_of(values))

    def infer_dictcomp(self, node: ast.DictComp) -> Value | None:
        """A dict comprehension."""
        return self.resolver.builtin("dict")

    def infer_listcomp(self, node: ast.ListComp) -> Value | None:
        """A list comprehension."""
        return self.resolver.builtin("list")

    def infer_setcomp(self, node: ast.SetComp) -> Value | None:
        """A set comprehension."""
        return self.resolver.builtin("set")

    # -- attributes, calls, subscripts -------------------------------------------------------------

    def infer_attribute(self, node: ast.Attribute) -> Value | None:
        """``value.attr``."""
        value = self.infer(node.value)
        return self.resolver.attribute(value, node.attr).value if value is not None else None

    def infer_call(self, node: ast.Call) -> Value | None:
        """A call."""
        value = self.infer(node.func)
        return self.resolver.call(value, self.arguments(node)) if value is not None else None

    def arguments(self, node: ast.Call) -> Arguments:
        """The values of a call's arguments."""
        complete = not any(isinstance(item, ast.Starred) for item in node.args)
        complete = complete and all(keyword.arg is not None for keyword in node.keywords)
        if len(node.args) == 1 and isinstance(node.args[0], ast.Constant) and node.args[0].value is ...:
            return Arguments(complete=False)  # "(...)": the summary did not keep the arguments
        keywords = {word.arg: self.infer(word.value) for word in node.keywords if word.arg is not None}
        positional = tuple(None if isinstance(item, ast.Starred) else self.infer(item) for item in node.args)
        return Arguments(positional, keywords, complete, _texts(node))

    def infer_subscript(self, node: ast.Subscript) -> Value | None:
        """``value[index]``."""
        value = self.infer(node.value)
        if value is None:
            return None
        is_slice = isinstance(node.slice, ast.Slice)
        index = self.resolver.builtin("slice") if is_slice else self.infer(node.slice)
        return self.item(value, node.slice, index)

    def item(self, value: Value, index_node: ast.expr, index: Value | None) -> Value | None:
        """What indexing a value gives; alternatives that cannot be indexed are not what stands here."""
        choices = options(value)
        fitting = [option for option in choices if self._has_items(option)]
        found = one_of([self._indexed(option, index_node, index) for option in fitting])
        return found if len(fitting) == len(choices) else claimed(found)

    def _has_items(self, value: Value) -> bool:
        if not isinstance(value, Instance) or self.resolver.order(value.cls).open:
            return True
        return self.resolver.attribute(value, "__getitem__").state == "found"

    def _indexed(self, value: Value, index_node: ast.expr, index: Value | None) -> Value | None:
        if isinstance(value, Class):
            return value  # `list[int]()` is called like `list()`
        if not isinstance(value, Instance):
            return None
        if value.cls.path == "builtins.tuple":
            return self._tuple_item(value, index_node)
        found = self.resolver.attribute(value, "__getitem__").value
        return self.resolver.call(found, Arguments((index,))) if isinstance(found, Function) else None

    def _tuple_item(self, value: Instance, index: ast.expr) -> Value | None:
        if ELLIPSIS in value.arguments:
            return value.arguments[0]
        if (
            isinstance(index, ast.Constant)
            and isinstance(index.value, int)
            and index.value < len(value.arguments)
        ):
            return value.arguments[index.value]
        return None

    def infer_await(self, node: ast.Await) -> Value | None:
        """``await value``."""
        value = self.infer(node.value)
        if isinstance(value, Instance) and value.cls.name in ("Coroutine", "Awaitable", "CoroutineType"):
            return value.arguments[-1] if value.arguments else None
        return None

    # -- operators ---------------------------------------------------------------------------------

    def infer_boolop(self, node: ast.BoolOp) -> Value | None:
        """``a or b``, ``a and b``: one of the operands."""
        return one_of(self.infer(value) for value in node.values)

    def infer_ifexp(self, node: ast.IfExp) -> Value | None:
        """``a if test else b``."""
        return one_of((self.infer(node.body), self.infer(node.orelse)))

    def infer_namedexpr(self, node: ast.NamedExpr) -> Value | None:
        """``name := value``."""
        return self.infer(node.value)

    def infer_unaryop(self, node: ast.UnaryOp) -> Value | None:
        """``not a`` is a bool; the sign of a number or an array changes nothing."""
        if isinstance(node.op, ast.Not):
            return self.resolver.builtin("bool")
        value = self.infer(node.operand)
        return value if isinstance(value, Instance) and value.cls.path != "builtins.bool" else None

    def infer_binop(self, node: ast.BinOp) -> Value | None:
        """Arithmetic: only where both sides are known, as the right side may answer instead of the left."""
        left, right = self.infer(node.left), self.infer(node.right)
        if not isinstance(left, Instance):
            return None
        if left.cls.path == "builtins.str" and isinstance(node.op, ast.Mod):
            return left
        if not isinstance(right, Instance):
            return None
        if left.cls.module == "builtins" and left.cls.name in _NUMBERS:
            return self._number(node.op, left, right)
        if left.cls.module == "builtins" and left.cls != right.cls and right.cls.path != "builtins.int":
            return None
        own = left.cls == right.cls or right.cls.module == "builtins"
        found = self.resolver.attribute(left, _OPERATORS[type(node.op)]).value if own else None
        return self.resolver.call(found, Arguments((right,))) if isinstance(found, Function) else None

    def _number(self, operator: ast.operator, left: Instance, right: Instance) -> Value | None:
        if right.cls.module != "builtins" or right.cls.name not in _NUMBERS:
            return None
        if isinstance(operator, ast.Pow):
            return None
        rank = max(_NUMBERS.index(left.cls.name), _NUMBERS.index(right.cls.name), 1)
        return self.resolver.builtin(_NUMBERS[max(rank, 2) if isinstance(operator, ast.Div) else rank])

    def infer_compare(self, node: ast.Compare) -> Value | None:
        """A comparison of built-in values is a bool; arrays answer with arrays."""
        if all(isinstance(operator, ast.Is | ast.IsNot | ast.In | ast.NotIn) for operator in node.ops):
            return self.resolver.builtin("bool")
        left = self.infer(node.left)
        known = isinstance(left, Instance) and left.cls.module == "builtins"
        right = self.infer(node.comparators[0]) if known else None
        both = isinstance(right, Instance) and right.cls.module == "builtins"
        return self.resolver.builtin("bool") if both else None

    # -- iteration ---------------------------------------------------------------------------------

    def element(self, value: Value | None) -> Value | None:
        """What iterating over a value gives."""
        return one_of([self._element(option) for option in options(value)]) if value is not None else None

    def _element(self, value: Value) -> Value | None:
        if not isinstance(value, Instance):
            return None
        if value.cls.path == "builtins.tuple":
            return one_of(argument for argument in value.arguments if argument is not ELLIPSIS)
        found = self.resolver.attribute(value, "__iter__").value
        iterator = self.resolver.call(found, Arguments()) if isinstance(found, Function) else None
        if not isinstance(iterator, Instance):
            return None
        if iterator.cls.name in ("Iterator", "Generator", "Iterable") and iterator.arguments:
            return iterator.arguments[0]
        following = self.resolver.attribute(iterator, "__next__").value
        return self.resolver.call(following, Arguments()) if isinstance(following, Function) else None

    def unpacked(self, value: Value | None, count: int) -> list[Value | None]:
        """What unpacking a value into ``count`` names gives each of them."""
        if (
            isinstance(value, Instance)
            and value.cls.path == "builtins.tuple"
            and ELLIPSIS not in value.arguments
        ):
            if len(value.arguments) == count:
                return list(value.arguments)
            return [None] * count
        return [self.element(value)] * count

    def entered(self, value: Value | None) -> Value | None:
        """What ``with value as name`` binds."""
        if value is None:
            return None
        found = self.resolver.attribute(value, "__enter__").value
        return self.resolver.call(found, Arguments((), {})) if isinstance(found, Function) else None


def _texts(call: ast.Call) -> dict[int | str, str]:
    given: list[tuple[int | str | None, ast.expr]] = [*enumerate(call.args)]
    given += [(word.arg, word.value) for word in call.keywords]
    return {
        place: value.value
        for place, value in given
        if place is not None and isinstance(value, ast.Constant) and isinstance(value.value, str)
    }
