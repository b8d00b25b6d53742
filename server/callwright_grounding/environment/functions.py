"""Reads one function: its signature, what it does with ``**kwargs``, and what a method sets on ``self``.

A signature is ``[parameters, annotations, returns, used, forwarded, required]``:

- parameters: names in order, ``/a`` positional-only, ``a``, ``*args``, ``!a`` keyword-only, ``**kwargs``
- annotations: parameter name to source text
- returns: source of the return annotation; ``=expression`` where the body shows what is returned;
``~expressions``, a line each, where it makes that likely; else ``None``
- used: keywords that the body reads from ``**kwargs``
- forwarded: dotted names of the callables that ``**kwargs`` is handed to; ``?`` where one cannot be named
- required: of overloads, and only of them: names of the parameters without a default

Flags: ``p`` property, ``c`` class method, ``s`` static method, ``o`` overload, ``a`` async, ``m`` context
manager, ``x`` a decorator that may change the signature, ``w`` the function sets attributes by computed
names.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from callwright_grounding.environment.returns import shown_result
from callwright_grounding.environment.summary import Entry, merge
from callwright_grounding.environment.syntax import (
    FunctionNode,
    dotted,
    first_parameter,
    last_name,
    local_names,
)

if TYPE_CHECKING:
    from callwright_grounding.environment.reader import FileReader

PROPERTIES = frozenset({
    "abstractproperty", "cache_readonly", "cached_property", "classproperty", "lazy_property",
    "lazyproperty", "property",
})  # fmt: skip

SAME_SIGNATURE = PROPERTIES | {
    "Appender", "Substitution", "_copy_to_script_wrapper", "abstractmethod",
    "add_code_sample_docstrings", "add_end_docstrings", "add_start_docstrings",
    "add_start_docstrings_to_model_forward", "array_function_dispatch",
    "array_function_from_c_func_and_dispatcher", "asynccontextmanager", "auto_docstring", "cache",
    "classmethod", "compatibility", "contextmanager", "deprecate_nonkeyword_arguments", "deprecated",
    "deprecated_", "doc", "enable_grad", "experimental", "export", "final",
    "finalize_array_function_like", "getter", "ignore", "inference_mode", "lru_cache", "no_grad",
    "no_type_check", "overload", "override", "replace_return_docstrings", "requires",
    "set_array_function_like_doc", "set_module", "setter", "staticmethod", "type_check_only", "unused",
}  # fmt: skip
"""Decorators, by last name, after which a function takes the keywords that it shows."""

_FLAGS = {
    "classmethod": "c",
    "staticmethod": "s",
    "overload": "o",
    "contextmanager": "m",
    "asynccontextmanager": "mx",
}


Store = tuple[ast.expr, ast.expr | None, ast.expr | None]
"""What is assigned to, its annotation and its value."""
_SEQUENCES = (ast.Tuple, ast.List)
_STORING = frozenset({
    ast.AnnAssign, ast.Assign, ast.AsyncFor, ast.AsyncWith, ast.AugAssign, ast.For, ast.With
})  # fmt: skip
_WITHOUT_BLOCKS = frozenset({
    ast.AnnAssign, ast.Assert, ast.Assign, ast.AugAssign, ast.Break, ast.Continue, ast.Delete, ast.Expr,
    ast.Global, ast.Import, ast.ImportFrom, ast.Nonlocal, ast.Pass, ast.Raise, ast.Return,
})  # fmt: skip


def read_function(
    reader: FileReader, node: FunctionNode, names: dict[str, Entry], owner: ast.ClassDef | None
) -> Entry:
    """The entry of a function; adds what it sets on ``self`` to ``names`` where it is a method."""
    decorators = [last_name(decorator) for decorator in node.decorator_list]
    flags = _flags(node, decorators)
    if reader.stub:
        return ["f", flags, [_signature(reader, node, [], [], None)]]
    statements = simple_statements(node.body)
    stores = [store for item in statements if item.__class__ in _STORING for store in _stores(item)]
    first = first_parameter(node) if owner is not None else None
    if owner is not None and "s" not in flags:
        _self_attributes(reader, node, statements, stores, names)
    reader.stored.update(
        target.attr
        for target, _, _ in stores
        if isinstance(target, ast.Attribute) and not _is(target.value, first)
    )
    if reader.is_dynamic(node) and any(last_name(call) == "setattr" for call in _calls(node)):
        flags += "w"
    used, forwarded = _keyword_uses(reader, node, statements) if node.args.kwarg is not None else ([], [])
    return ["f", flags, [_signature(reader, node, used, forwarded, shown_result(reader, node, statements))]]


def read_header(reader: FileReader, node: FunctionNode) -> Entry:
    """The entry of a function as its header alone shows it; keywords behind ``**kwargs`` stay unknown."""
    flags = _flags(node, [last_name(decorator) for decorator in node.decorator_list])
    forwarded = ["?"] if node.args.kwarg is not None else []
    return ["f", flags, [_signature(reader, node, [], forwarded, None)]]


def simple_statements(body: list[ast.stmt]) -> list[ast.stmt]:
    """Every statement in a function's body, nested blocks and functions included, in order."""
    found: list[ast.stmt] = []
    for node in body:
        found.append(node)
        if node.__class__ in _WITHOUT_BLOCKS:
            continue
        for block in ("body", "orelse", "finalbody"):
            inner = getattr(node, block, None)
            if inner:
                found += simple_statements(inner)
        for handler in getattr(node, "handlers", None) or getattr(node, "cases", None) or ():
            found += simple_statements(handler.body)
    return found


def parameters(arguments: ast.arguments) -> list[str]:
    """The parameters, each marked with its kind."""
    names = [f"/{item.arg}" for item in arguments.posonlyargs] + [item.arg for item in arguments.args]
    if arguments.vararg is not None:
        names.append(f"*{arguments.vararg.arg}")
    names += [f"!{item.arg}" for item in arguments.kwonlyargs]
    if arguments.kwarg is not None:
        names.append(f"**{arguments.kwarg.arg}")
    return names


def _flags(node: FunctionNode, decorators: list[str]) -> str:
    flags = "a" if isinstance(node, ast.AsyncFunctionDef) else ""
    for name in decorators:
        if name in PROPERTIES:
            flags += "p"
        flags += _FLAGS.get(name, "")
        if name not in SAME_SIGNATURE:
            flags += "x"
    if node.name in ("__new__", "__init_subclass__", "__class_getitem__"):
        flags += "c"
    return "".join(sorted(set(flags)))


def _signature(
    reader: FileReader, node: FunctionNode, used: list[str], forwarded: list[str], returned: str | None
) -> list[Any]:
    annotations: dict[str, str] = {}
    overload = any(last_name(decorator) == "overload" for decorator in node.decorator_list)
    if reader.stub or overload:
        for item in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            if item.annotation is not None and (text := reader.text(item.annotation)) is not None:
                annotations[item.arg] = text
    elif node.args.args and node.args.args[0].annotation is not None:
        # `cls: type[T]` is how a method says that it returns what it is called on.
        text = reader.text(node.args.args[0].annotation)
        annotations = {node.args.args[0].arg: text} if text is not None else {}
    returns = reader.text(node.returns) if node.returns is not None else returned
    signature = [parameters(node.args), annotations, returns, used, forwarded]
    return [*signature, _required(node.args)] if overload else signature


def _required(arguments: ast.arguments) -> list[str]:
    """Names of the parameters without a default."""
    positional = [*arguments.posonlyargs, *arguments.args]
    free = positional[: len(positional) - len(arguments.defaults)]
    words = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return [item.arg for item in free] + [item.arg for item, default in words if default is None]


def _parameter_annotations(reader: FileReader, node: FunctionNode) -> dict[str, str | None]:
    arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
    known = {item.arg: reader.text(item.annotation) for item in arguments}
    for extra in (node.args.vararg, node.args.kwarg):
        if extra is not None:
            known[extra.arg] = None
    return known


def _self_attributes(
    reader: FileReader,
    node: FunctionNode,
    statements: list[ast.stmt],
    stores: list[Store],
    names: dict[str, Entry],
) -> None:
    """Add the attributes a method assigns on its first parameter."""
    first = first_parameter(node)
    if first is None:
        return
    known: dict[str, str | None] | None = None
    local: set[str] = set()
    for target, annotation, value in stores:
        if not (isinstance(target, ast.Attribute) and _is(target.value, first)):
            continue
        if known is None:
            known = _parameter_annotations(reader, node)
            local = (local_names(statements) | set(known)) - {first}
        text = reader.text(annotation) if annotation is not None else None
        entry: Entry = ["v", "i", text, _attribute_values(reader, value, known, local, first)]
        present = names.get(target.attr)
        if present is None or (present[0] == "v" and not present[2]):
            names[target.attr] = merge(present, entry)


def _attribute_values(
    reader: FileReader, value: ast.expr | None, known: dict[str, str | None], local: set[str], first: str
) -> list[str] | None:
    if value is None:
        return None
    if isinstance(value, ast.Name) and value.id in known and value.id != first:
        annotation = known[value.id]
        return [f":{annotation}"] if annotation else None
    text = reader.value_text(value, local)
    if text is None:
        return None
    if text == first or text.startswith(f"{first}."):
        text = "self" + text[len(first) :]
    return [text]


def _stores(node: ast.stmt) -> Iterator[Store]:
    """The targets a statement assigns, with annotation and value where each has its own."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, _SEQUENCES):
                for element in target.elts:
                    yield (element.value if isinstance(element, ast.Starred) else element), None, None
            else:
                yield target, None, node.value
    elif isinstance(node, ast.AnnAssign):
        yield node.target, node.annotation, node.value
    elif isinstance(node, ast.AugAssign):
        yield node.target, None, None
    elif isinstance(node, ast.For | ast.AsyncFor):
        for item in ast.walk(node.target):
            if isinstance(item, ast.Attribute):
                yield item, None, None
    elif isinstance(node, ast.With | ast.AsyncWith):
        for item in node.items:
            if item.optional_vars is not None:
                yield item.optional_vars, None, None


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    return (item for item in ast.walk(node) if isinstance(item, ast.Call))


def _keyword_uses(
    reader: FileReader, node: FunctionNode, statements: list[ast.stmt]
) -> tuple[list[str], list[str]]:
    """What the body reads from ``**kwargs``, and whom it hands the rest to."""
    name = node.args.kwarg.arg if node.args.kwarg is not None else ""
    used: dict[str, None] = {}
    forwarded: dict[str, None] = {}
    mentions = accounted = 0
    for item in _expressions(reader, statements, name.encode()):
        if isinstance(item, ast.Name):
            mentions += item.id == name
        elif isinstance(item, ast.Call):
            accounted += _read_call(item, name, used, forwarded)
        elif isinstance(item, ast.Subscript) and _is(item.value, name):
            accounted += 1
            _read_key(item.slice, used, forwarded)
        elif isinstance(item, ast.Compare) and any(_is(right, name) for right in item.comparators):
            accounted += 1
            _read_key(item.left, used, forwarded)
    if mentions > accounted:
        forwarded["?"] = None
    return list(used), list(forwarded)


def _expressions(reader: FileReader, statements: list[ast.stmt], word: bytes) -> Iterator[ast.AST]:
    """Every expression of the statements whose lines mention ``word``."""
    for statement in statements:
        if not any(word in line for line in reader.lines[statement.lineno - 1 : statement.end_lineno]):
            continue
        for field, value in ast.iter_fields(statement):
            if field not in ("body", "orelse", "finalbody", "handlers", "cases"):
                for part in value if isinstance(value, list) else [value]:
                    if isinstance(part, ast.AST):
                        yield from ast.walk(part)


def _read_key(key: ast.expr, used: dict[str, None], forwarded: dict[str, None]) -> None:
    if isinstance(key, ast.Constant) and isinstance(key.value, str):
        used[key.value] = None
    else:
        forwarded["?"] = None


def _is(node: ast.expr, name: str | None) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _read_call(call: ast.Call, name: str, used: dict[str, None], forwarded: dict[str, None]) -> int:
    """Account for the mentions of ``name`` in one call; returns how many were understood."""
    function = call.func
    if isinstance(function, ast.Attribute) and _is(function.value, name):
        if function.attr in ("pop", "get", "setdefault") and call.args:
            _read_key(call.args[0], used, forwarded)
        else:
            forwarded["?"] = None
        return 1
    count = 0
    for keyword in call.keywords:
        if keyword.arg is None and _is(keyword.value, name):
            forwarded[_callee(function)] = None
            count += 1
    return count


def _callee(function: ast.expr) -> str:
    if (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Call)
        and last_name(function.value) == "super"
    ):
        return f"super.{function.attr}"
    return dotted(function) or "?"
