"""Reads one parsed file into a summary: module and class bodies, statement by statement.

Leaves out functions (``functions``) and what is set by computed names (``dynamic``).
"""

from __future__ import annotations

import ast
from typing import Any

from callwright_grounding.environment.dynamic import class_is_dynamic, read_module_dynamics, string_names
from callwright_grounding.environment.functions import read_function
from callwright_grounding.environment.platforms import platform_test
from callwright_grounding.environment.summary import Entry, ModuleSummary, merge, opened
from callwright_grounding.environment.syntax import dotted, last_name, lines_with, string_constants

MAX_SOURCE_BYTES = 6_000_000
MAX_TEXT = 160

_DYNAMIC = (b"setattr(", b"__dict__", b"globals()", b"vars(", b"locals()", b"exec(", b"sys.modules")


def summarize(
    source: bytes, module: str, *, is_package: bool, stub: bool, version: tuple[int, int]
) -> ModuleSummary:
    """Summarize one file.

    Args:
        source: The file's bytes.
        module: Its dotted name, against which relative imports are resolved.
        is_package: Whether the file is an ``__init__``.
        stub: Whether it is a ``.pyi``: imports are private there unless ``as`` repeats the name.
        version: The interpreter's version, which decides ``sys.version_info`` conditions.
    """
    if len(source) > MAX_SOURCE_BYTES:
        return opened("too large to read")
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return opened(f"cannot be parsed: {type(error).__name__}")
    return FileReader(source, module, is_package=is_package, stub=stub, version=version).read(tree)


class FileReader:
    """Reads one parsed file into a :class:`ModuleSummary`."""

    def __init__(
        self, source: bytes, module: str, *, is_package: bool, stub: bool, version: tuple[int, int]
    ) -> None:
        self.lines = source.split(b"\n")
        self.module = module
        self.package = module if is_package else module.rpartition(".")[0]
        self.stub = stub
        self.version = version
        self.summary = ModuleSummary(lazy=b"_LazyModule(" in source)
        self.dynamic = lines_with(_DYNAMIC, source)
        self.stored: set[str] = set()
        self.literals: dict[str, list[str]] = {}
        self.in_typing = False

    def read(self, tree: ast.Module) -> ModuleSummary:
        """Read the whole file."""
        self.block(tree.body, self.summary.names)
        read_module_dynamics(self, tree)
        self.summary.stars = [self.star(name) for name in self.summary.stars]
        if self.summary.lazy:
            for node in tree.body:
                if not isinstance(node, ast.Import | ast.ImportFrom) and "_import_structure" in string_names(
                    node
                ):
                    self.summary.extra += string_constants(node)
        if self.stub:
            self._hide_declarations()
        self.summary.stored = sorted(self.stored)
        self.summary.imports = list(dict.fromkeys(self.summary.imports))
        return self.summary

    def _hide_declarations(self) -> None:
        """Keep apart what a stub declares for itself: type variables, constants it may have misplaced."""
        for name, entry in list(self.summary.names.items()):
            made = entry[3][0] if entry[0] == "v" and entry[3] else ""
            variable = made.partition("(")[0].rpartition(".")[2] in ("TypeVar", "ParamSpec", "TypeVarTuple")
            constant = entry[0] == "v" and name.isupper() and "._" in self.module
            if variable or constant:
                self.summary.typing_names[name] = self.summary.names.pop(name)

    def star(self, name: str) -> str:
        """The module of a star import; ``=name``, from a loop over ``dir(name)``, is looked up."""
        if not name.startswith("="):
            return name
        head, _, rest = name[1:].partition(".")
        entry = self.summary.names.get(head, ["", "", None])
        found = ".".join(str(part) for part in entry[1:] if part) if entry[0] == "i" else head
        return f"{found}.{rest}" if rest else found

    # -- statements --------------------------------------------------------------------------------

    def block(self, body: list[ast.stmt], names: dict[str, Entry], owner: ast.ClassDef | None = None) -> None:
        """Read the statements of a module or class body into ``names``."""
        for node in body:
            self.statement(node, names, owner)

    def statement(self, node: ast.stmt, names: dict[str, Entry], owner: ast.ClassDef | None) -> None:
        """Read one statement of a module or class body."""
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self.function(node, names, owner)
            case ast.ClassDef():
                self.define(names, node.name, self.class_entry(node))
            case ast.Import():
                self.import_statement(node, names)
            case ast.ImportFrom():
                self.import_from(node, names)
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                self.assignment(node, names, owner)
            case ast.If():
                self.conditional(node, names, owner)
            case ast.Delete() if owner is None:
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        names.pop(target.id, None)
                        self.summary.deleted.append(target.id)
            case _:
                self.compound(node, names, owner)

    def compound(self, node: ast.stmt, names: dict[str, Entry], owner: ast.ClassDef | None) -> None:
        """Read the blocks of ``for``, ``while``, ``with``, ``try`` and ``match``."""
        if isinstance(node, ast.For | ast.AsyncFor):
            self.unknown_targets(node.target, names)
        if isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                if item.optional_vars is not None:
                    self.unknown_targets(item.optional_vars, names)
        for block in ("body", "orelse", "finalbody"):
            self.block(getattr(node, block, []), names, owner)
        for handler in [*getattr(node, "handlers", []), *getattr(node, "cases", [])]:
            self.block(handler.body, names, owner)

    def conditional(self, node: ast.If, names: dict[str, Entry], owner: ast.ClassDef | None) -> None:
        """Read an ``if``: ``TYPE_CHECKING`` is kept apart, version tests are decided in stubs."""
        if "TYPE_CHECKING" in (last_name(node.test), self.text(node.test)) and owner is None:
            self.in_typing, before = True, self.in_typing
            self.block(node.body, self.summary.typing_names)
            self.in_typing = before
            self.block(node.orelse, names, owner)
            return
        if self.stub and owner is None and platform_test(node.test) is not None:
            # Names of other platforms are known, and not there.
            here, there = (node.body, node.orelse) if platform_test(node.test) else (node.orelse, node.body)
            self.block(here, names, owner)
            self.block(there, self.summary.typing_names, owner)
            return
        holds = self.version_test(node.test) if self.stub else None
        if holds is not False:
            self.block(node.body, names, owner)
        if holds is not True:
            self.block(node.orelse, names, owner)

    def version_test(self, test: ast.expr) -> bool | None:
        """The truth of a ``sys.version_info`` comparison; ``None`` for any other test."""
        if isinstance(test, ast.BoolOp):
            parts = [self.version_test(value) for value in test.values]
            if isinstance(test.op, ast.And):
                return False if False in parts else (True if all(part is True for part in parts) else None)
            return True if True in parts else (False if all(part is False for part in parts) else None)
        if not (isinstance(test, ast.Compare) and dotted(test.left) == "sys.version_info"):
            return None
        bound = test.comparators[0]
        if not (isinstance(bound, ast.Tuple) and all(isinstance(item, ast.Constant) for item in bound.elts)):
            return None
        wanted: tuple[Any, ...] = tuple(item.value for item in bound.elts if isinstance(item, ast.Constant))[
            :2
        ]
        return self.version >= wanted if isinstance(test.ops[0], ast.GtE) else self.version < wanted

    # -- imports -----------------------------------------------------------------------------------

    def absolute(self, node: ast.ImportFrom) -> str:
        """The module that a ``from`` statement names, absolute."""
        if not node.level:
            return node.module or ""
        parts = self.package.split(".") if self.package else []
        parts = parts[: len(parts) - (node.level - 1)] if node.level > 1 else parts
        return ".".join(parts + ([node.module] if node.module else []))

    def import_statement(self, node: ast.Import, names: dict[str, Entry]) -> None:
        """Read ``import a.b as c``."""
        for alias in node.names:
            bound = alias.asname or alias.name.split(".")[0]
            self.define(self.visible(names, alias), bound, ["i", alias.name if alias.asname else bound, None])
            if not self.in_typing:
                self.summary.imports.append(alias.name)

    def import_from(self, node: ast.ImportFrom, names: dict[str, Entry]) -> None:
        """Read ``from a import b, *``."""
        module = self.absolute(node)
        if not self.in_typing:
            self.summary.imports.append(module)
        for alias in node.names:
            if alias.name == "*":
                (self.summary.typing_stars if self.in_typing else self.summary.stars).append(module)
                continue
            self.define(
                self.visible(names, alias, node), alias.asname or alias.name, ["i", module, alias.name]
            )
            if not self.in_typing:
                self.summary.imports.append(f"{module}.{alias.name}")

    def visible(
        self, names: dict[str, Entry], alias: ast.alias, node: ast.ImportFrom | None = None
    ) -> dict[str, Entry]:
        """Where an imported name belongs: a stub's plain imports are for its own use only."""
        if not self.stub or names is not self.summary.names:
            return names
        exported = alias.asname == alias.name or (node is not None and node.level == 1 and not node.module)
        return names if exported else self.summary.typing_names

    # -- assignments -------------------------------------------------------------------------------

    def define(self, names: dict[str, Entry], name: str, entry: Entry) -> None:
        """Add one declaration of a name."""
        names[name] = merge(names.get(name), entry)

    def unknown_targets(self, target: ast.expr, names: dict[str, Entry]) -> None:
        """Declare every name of an assignment target, its value unknown."""
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.define(names, node.id, ["v", "", None, None])
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                self.stored.add(node.attr)

    def assignment(
        self,
        node: ast.Assign | ast.AnnAssign | ast.AugAssign,
        names: dict[str, Entry],
        owner: ast.ClassDef | None,
    ) -> None:
        """Read an assignment of a module or class body."""
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        annotation = self.text(node.annotation) if isinstance(node, ast.AnnAssign) else None
        for target in targets:
            if not isinstance(target, ast.Name):
                self.unknown_targets(target, names)
                continue
            if target.id == "__all__" and owner is None:
                self.read_all(node)
            if target.id == "__slots__" and owner is not None and node.value is not None:
                for slot in string_constants(node.value):
                    self.define(names, slot, ["v", "i", None, None])
            if isinstance(node, ast.AugAssign):
                continue
            flags = "a" if annotation is not None and owner is not None else ""
            if (
                owner is None
                and node.value is not None
                and isinstance(node.value, ast.Dict | ast.List | ast.Tuple | ast.Set)
            ):
                self.literals[target.id] = string_constants(node.value)
                if "TASK" in target.id and isinstance(node.value, ast.Dict):
                    keys = [key for key in node.value.keys if key is not None]
                    self.summary.keys[target.id] = [text for key in keys for text in string_constants(key)]
            value = self.value_text(node.value) if node.value is not None else None
            values = [] if node.value is None else (None if value is None else [value])
            self.define(names, target.id, ["v", flags, annotation, values])

    def read_all(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
        """Collect ``__all__``; a part that is no literal makes it incomplete."""
        value = node.value
        literal = isinstance(value, ast.List | ast.Tuple) and all(
            isinstance(item, ast.Constant) for item in value.elts
        )
        self.summary.all = (self.summary.all or []) + (string_constants(value) if value is not None else [])
        self.summary.all_complete = self.summary.all_complete and literal

    # -- classes and functions ---------------------------------------------------------------------

    def class_entry(self, node: ast.ClassDef) -> Entry:
        """Read a class with its members and the attributes its methods set on ``self``."""
        members: dict[str, Entry] = {}
        self.block(node.body, members, node)
        flags = "g" if class_is_dynamic(self, node, members) else ""
        bases = [self.text(base) or "?" for base in node.bases]
        metaclass = next(
            (self.text(item.value) or "?" for item in node.keywords if item.arg == "metaclass"), None
        )
        if any(item.arg is None for item in node.keywords):
            metaclass = "?"
        decorators = [
            dotted(item.func if isinstance(item, ast.Call) else item) or "?" for item in node.decorator_list
        ]
        return ["c", flags, bases, metaclass, decorators, members]

    def function(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        names: dict[str, Entry],
        owner: ast.ClassDef | None,
    ) -> None:
        """Read a function: its signature, what it does with ``**kwargs``, and what it sets on ``self``."""
        self.define(names, node.name, read_function(self, node, names, owner))

    def is_dynamic(self, node: ast.stmt) -> bool:
        """Whether a line of this statement may set names by computed strings."""
        end = node.end_lineno or node.lineno
        return any(node.lineno <= number <= end for number in self.dynamic)

    def may_set(self, node: ast.stmt) -> bool:
        """Whether a line of this statement may set attributes of an object by computed strings."""
        lines = self.lines[node.lineno - 1 : node.end_lineno]
        return self.is_dynamic(node) or any(b"__setattr__" in line for line in lines)

    # -- source text -------------------------------------------------------------------------------

    def text(self, node: ast.expr | None) -> str | None:
        """The source of an expression; ``None`` where it is long."""
        if node is None or node.end_lineno is None or node.end_col_offset is None:
            return None
        first, last = node.lineno - 1, node.end_lineno - 1
        if first == last:
            text = self.lines[first][node.col_offset : node.end_col_offset]
        else:
            if last - first > 8:
                return None
            inner = [self.lines[first][node.col_offset :], *self.lines[first + 1 : last]]
            text = b"(" + b" ".join([*inner, self.lines[last][: node.end_col_offset]]) + b")"
            if b"#" in text:
                return None
        return text.decode("utf-8", "replace") if len(text) <= MAX_TEXT else None

    def value_text(self, node: ast.expr, local: frozenset[str] | set[str] = frozenset()) -> str | None:
        """An expression that has the same type as this one; ``None`` where nothing is known of it.

        Args:
            node: The value.
            local: Names that mean something else inside the function it stands in.
        """
        match node:
            case ast.Constant(value=value):
                return "None" if value is None else repr(type(value)()) if value is not ... else None
            case ast.JoinedStr():
                return "''"
            case ast.Dict() | ast.DictComp():
                return "{}"
            case ast.List() | ast.ListComp():
                return "[]"
            case ast.Tuple():
                return "()"
            case ast.Set() | ast.SetComp():
                return "{0}"
            case ast.Call():
                head = dotted(node.func)
                if not head or head.split(".")[0] in local:
                    return None
                whole = None if local else self.text(node)
                return whole or f"{head}(...)"
            case ast.Name() | ast.Attribute():
                head = dotted(node)
                return head if head and head.split(".")[0] not in local else None
        return self.text(node) if not local and isinstance(node, ast.Subscript | ast.BinOp) else None
