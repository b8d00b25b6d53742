"""What is wanted at a place in a buffer, also one that does not parse there: which names exist."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from callwright_grounding.catalogue import Catalogue
from callwright_grounding.checking.checker import module_name
from callwright_grounding.checking.expressions import FileJudge
from callwright_grounding.checking.frames import Bindings, Frame
from callwright_grounding.checking.walker import Walker
from callwright_grounding.cursor.lexical import Spot, spot, statement_start
from callwright_grounding.environment.reader import FileReader
from callwright_grounding.environment.syntax import FunctionNode
from callwright_grounding.resolution.annotated_types import parse_expression
from callwright_grounding.resolution.lookups import Lookup
from callwright_grounding.resolution.members import member_names, names_spoken_of, openness
from callwright_grounding.resolution.resolver import Resolver
from callwright_grounding.resolution.signatures import keywords
from callwright_grounding.resolution.strings import is_pipeline, loads_repository, tasks
from callwright_grounding.resolution.values import Class, Instance, Value, options

_HERE = "callwright_is_here"
_ID_KEYWORDS = ("model", "tokenizer", "feature_extractor", "image_processor", "processor", "config")


@dataclass(frozen=True)
class Wanted:
    """What may be written at a place."""

    kind: str
    """``import``, ``attribute``, ``keyword``, ``task``, ``repo_id`` or ``free``."""
    prefix: str = ""
    """What is typed of it already; it starts ``len(prefix)`` before the place."""
    names: tuple[str, ...] = ()
    """Names that exist, the typed prefix not taken into account."""
    closed: bool = False
    """Whether nothing but these may be written here; otherwise they are suggestions only."""
    reason: str = ""
    """Why the set is not closed."""
    receiver: str = ""
    """Source of what stands before the dot, of the callee, or the module's name."""
    ends_with: str = ""
    """What ends the name: the quote of a string, else empty (anything that cannot continue a name)."""
    spoken_of: tuple[str, ...] = ()
    """Names that the code above speaks of and that are not there: never offered."""

    @property
    def writable(self) -> tuple[str, ...]:
        """All names that may be written here."""
        return self.names + self.spoken_of


TEXT = Wanted("free", reason="inside a string or a comment")


class _Quiet(FileJudge):
    """A judge to whom everything is right."""

    def __init__(self) -> None:
        self.guarded = dict.fromkeys(("import", "attribute", "keyword"), 0)
        self.silent = 0

    def attribute(self, node: ast.Attribute, value: Value, lookup: Lookup, *, called: bool) -> None:
        """Nothing is reported here."""

    def call(self, node: ast.Call, value: Value | None) -> None:
        """Nothing is reported here."""


class _Search(Walker):
    """Walks to the marker and keeps what names stand for there."""

    found: Frame | None = None
    found_doubted: Bindings | None = None
    marker_line = 0

    def infer_name(self, node: ast.Name) -> Value | None:
        """Remember the frame in which the marker is read."""
        if node.id == _HERE and self.found is None:
            frame = self.frame
            self.found = Frame(
                frame.kind, frame.parent, dict(frame.bindings), frame.every, frame.local, cls=frame.cls
            )
            self.found_doubted = dict(self.doubted)
        return super().infer_name(node)

    def function_body(self, node: FunctionNode, scope: Frame, cls: Class | None) -> Frame:
        """Walk only what the marker stands in, or what is called on the way."""
        around = node.lineno <= self.marker_line <= (node.end_lineno or node.lineno)
        if not around and not self.file_judge.silent:
            return Frame("function", scope)
        return super().function_body(node, scope, cls)


class Position:
    """A place in a buffer, ready to be asked about continuations of its statement.

    Args:
        resolver: Where names are looked up.
        source: The buffer.
        offset: The place, in code points.
        path: Where the buffer lies, for relative imports.
        catalogue: Ids that may be loaded.
    """

    def __init__(
        self,
        resolver: Resolver,
        source: str,
        offset: int,
        *,
        path: Path | None = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        self.resolver = resolver
        self.catalogue = catalogue
        self.statement = source[statement_start(source[:offset]) : offset]
        """The unfinished statement, up to the place."""
        self._before = source[:offset]
        self._evaluated: dict[str, Value | None] = {}
        self._known: dict[tuple[str, bool], tuple[tuple[str, ...], tuple[str, ...], str]] = {}
        self._walk(source, offset, path)

    def wanted(self, written: str = "") -> Wanted:
        """What may come after the statement and what was written after it.

        Args:
            written: Text that follows the place, as a model writes it; on the same line.
        """
        text = self.statement + written
        place = spot(text)
        match place.kind:
            case "attribute":
                return self._attribute(place, text)
            case "from" | "module":
                return self._imported(place)
            case "argument":
                return self._keyword(place)
            case "string":
                return self._string(place)
            case "comment":
                return TEXT
        return Wanted("free", place.prefix)

    def value(self, expression: str) -> Value | None:
        """The value of an expression at this place."""
        if expression not in self._evaluated:
            node = parse_expression(expression)
            self.walker.frame, self.walker.doubted = self.frame, dict(self.walker.found_doubted or {})
            known = _with_local(self.resolver, self.walker, node) if node is not None else None
            self._evaluated[expression] = known
        return self._evaluated[expression]

    # -- kinds of places ---------------------------------------------------------------------------

    def _attribute(self, place: Spot, text: str) -> Wanted:
        value = self.value(place.receiver) if place.receiver else None
        if value is None:
            return Wanted("attribute", place.prefix, (), False, "the receiver is not known", place.receiver)
        names, spoken_of, reason = self._members(place, value)
        defines = text.lstrip() == f"{place.receiver}.{place.prefix}"
        if not reason and defines and _takes_attributes(value):
            reason = "an assignment may define it"
        return Wanted(
            "attribute",
            place.prefix,
            names,
            bool(names) and not reason,
            reason,
            place.receiver,
            spoken_of=spoken_of if names else (),
        )

    def _members(self, place: Spot, value: Value) -> tuple[tuple[str, ...], tuple[str, ...], str]:
        key = (place.receiver, place.prefix.startswith("_"))
        if key not in self._known:
            names = _shown(member_names(self.resolver, value), place.prefix)
            spoken_of = tuple(names_spoken_of(value, self._before))
            self._known[key] = names, spoken_of, openness(self.resolver, value)
        return self._known[key]

    def _imported(self, place: Spot) -> Wanted:
        module = self._absolute(place.receiver)
        environment = self.resolver.environment
        if place.kind == "module":
            names = sorted(environment.submodules(module) if module else environment.top_level())
            closed = not module or self._is_whole(module)
            return Wanted("import", place.prefix, _shown(names, place.prefix), closed, "", place.receiver)
        if self.resolver.module(module) is None:
            return Wanted("import", place.prefix, (), False, f"{module} is not installed", place.receiver)
        sure = [name for name, exists in self.resolver.module_names(module).items() if exists]
        names = list(dict.fromkeys([*sure, *sorted(environment.submodules(module))]))
        reason = self.resolver.closed(module)
        left = tuple(name for name in _shown(names, place.prefix) if name not in place.used)
        return Wanted("import", place.prefix, left, bool(left) and not reason, reason, place.receiver)

    def _is_whole(self, package: str) -> bool:
        location = self.resolver.environment.layout.find(package)
        return location is not None and location.is_package and not location.is_namespace

    def _absolute(self, module: str) -> str:
        if not module.startswith("."):
            return module
        level = len(module) - len(module.lstrip("."))
        node = ast.ImportFrom(module=module.lstrip(".") or None, names=[], level=level)
        return self.walker.reader.absolute(node)

    def _keyword(self, place: Spot) -> Wanted:
        value = self.value(place.receiver) if place.receiver else None
        known = keywords(self.resolver, value)
        names = tuple(n for n in _shown(list(known.names), place.prefix) if n not in place.used)
        closed = not known.open and value is not None
        return Wanted("keyword", place.prefix, names, closed, known.open, place.receiver)

    def _string(self, place: Spot) -> Wanted:
        if not place.sole or not place.receiver:
            return TEXT
        value = self.value(place.receiver)
        if is_pipeline(value) and (place.keyword == "task" or (not place.keyword and place.count == 0)):
            names = tuple(sorted(tasks(self.resolver)))
            return Wanted("task", place.prefix, names, bool(names), "", place.receiver, place.quote)
        if self.catalogue is not None and self._names_repository(value, place):
            ids = tuple(sorted(self.catalogue.ids))
            return Wanted("repo_id", place.prefix, ids, bool(ids), "", place.receiver, place.quote)
        return TEXT

    def _names_repository(self, value: Value | None, place: Spot) -> bool:
        if is_pipeline(value):
            return place.keyword in _ID_KEYWORDS or (not place.keyword and place.count == 1)
        return loads_repository(value) and (
            place.keyword == "pretrained_model_name_or_path" or (not place.keyword and place.count == 0)
        )

    # -- the buffer --------------------------------------------------------------------------------

    def _walk(self, source: str, offset: int, path: Path | None) -> None:
        """Walk the buffer with a marker in place of the unfinished statement."""
        start = statement_start(source[:offset])
        line_end = source.find("\n", offset)
        rest = source[line_end:] if line_end >= 0 else ""
        indent = source[start:offset][: len(source[start:offset]) - len(source[start:offset].lstrip())]
        text, tree = _parsable(source[:start], f"{indent}{_HERE}", rest)
        layout = self.resolver.environment.layout
        module, is_package = module_name(path, layout) if path is not None else ("__main__", False)
        version = self.resolver.environment.version
        reader = FileReader(text.encode(), module, is_package=is_package, stub=False, version=version)
        summary = reader.read(tree)
        self.walker = _Search(self.resolver, _Quiet(), reader)
        self.walker.marker_line = text[: text.find(_HERE)].count("\n") + 1
        self.resolver.look_at(module, summary)
        try:
            self.walker.walk(tree)
        except RecursionError:
            self.walker.found = Frame("module")
        self.frame = self.walker.found or self.walker.frame


def _takes_attributes(value: Value) -> bool:
    """Whether a statement that starts like this may be an assignment of a new attribute."""
    return any(isinstance(o, Instance) and o.cls.module != "builtins" for o in options(value))


def _with_local(resolver: Resolver, walker: Walker, node: ast.expr) -> Value | None:
    try:
        return walker.infer(node)
    except RecursionError:
        return None


def _shown(names: list[str], prefix: str) -> tuple[str, ...]:
    """Names to offer: private ones only where one is being typed."""
    return tuple(name for name in names if prefix.startswith("_") or not name.startswith("_"))


def _parsable(before: str, marker: str, after: str) -> tuple[str, ast.Module]:
    """The buffer with the marker, parsed; what cannot be parsed is left out, nearest lines first."""
    attempts = [f"{before}{marker}{after}", f"{before}{marker}\n{_closers(before, marker)}"]
    attempts += [f"{closed}{marker}\n" for closed in _repaired(before)]
    for text in attempts:
        try:
            return text, ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    lines = [line for line in before.split("\n") if _stands_alone(line)]
    text = "\n".join([*lines, marker.lstrip()]) + "\n"
    return text, ast.parse(text)


def _closers(before: str, marker: str) -> str:
    """Ends for the ``try`` blocks that are still open at the marker."""
    inner = len(marker) - len(marker.lstrip())
    closers: list[str] = []
    for line in reversed(before.split("\n")):
        indent = len(line) - len(line.lstrip())
        if line.strip() and indent < inner:
            inner = indent
            if re.match(r"try\s*:", line.strip()):
                closers += [f"{' ' * indent}finally:", f"{' ' * indent}    pass"]
    return "\n".join([*closers, ""])


def _repaired(before: str) -> list[str]:
    """The text before the marker with its last lines blanked, or open ``try`` blocks closed."""
    lines = before.split("\n")
    found = []
    for count in (1, 2, 4, 8):
        kept = [*lines[: max(0, len(lines) - 1 - count)], *[""] * min(count, len(lines) - 1), lines[-1]]
        found.append("\n".join(kept))
    return found


def _stands_alone(line: str) -> bool:
    if not line or line[0] in " \t":
        return False
    try:
        ast.parse(line)
    except (SyntaxError, ValueError):
        return False
    return True
