"""What one source file or stub declares, read from its syntax tree without running it.

A :class:`ModuleSummary` is plain data that goes to disk as JSON. Its entries are lists:

=======  =================================================================================
``"i"``  import: ``["i", module, name]``; ``name`` is ``None`` where the module itself is bound
``"v"``  variable: ``["v", flags, annotation, values]``, as source text; ``values`` may be ``None``
``"f"``  function: ``["f", flags, signatures]``; ``functions`` says what a signature is
``"c"``  class: ``["c", flags, bases, metaclass, decorators, members]``
``"u"``  several of the above, depending on conditions we do not evaluate
=======  =================================================================================

Leaves out: what names mean (that is resolution's), and everything that only running the file could tell;
where a file does such things its summary is *open*.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Entry = list[Any]

FORMAT = 9
"""Goes up whenever summaries change; older index files are then rebuilt."""
UNREAD = ("cannot be ", "too large ")
"""What a module's reason for being open begins with where the file itself is the trouble."""


@dataclass
class ModuleSummary:
    """Everything one module declares."""

    names: dict[str, Entry] = field(default_factory=dict)
    """Top-level names."""
    typing_names: dict[str, Entry] = field(default_factory=dict)
    """Names that only ``if TYPE_CHECKING`` or a stub declares."""
    stars: list[str] = field(default_factory=list)
    """Modules whose public names are imported with ``*``, or copied by a loop over ``dir(module)``."""
    typing_stars: list[str] = field(default_factory=list)
    all: list[str] | None = None
    """``__all__`` where it is a literal, else ``None``."""
    all_complete: bool = True
    """Whether ``all`` is the whole of ``__all__``."""
    open: str = ""
    """Why further names may exist at run time; empty where the list is whole."""
    unsure: str = ""
    """Why some of the names may not exist at run time; empty where all of them do."""
    lazy: bool = False
    """Whether names come from a lazy module, so that ``typing_names`` exist at run time."""
    imports: list[str] = field(default_factory=list)
    """Modules imported at the top level, absolute; each is bound on its parent package afterwards."""
    stored: list[str] = field(default_factory=list)
    """Attribute names stored on something other than ``self``: instances of any class may have them."""
    opened: list[str] = field(default_factory=list)
    """Dotted names in this module whose attributes are set by computed names."""
    keys: dict[str, list[str]] = field(default_factory=dict)
    """Keys of the literal tables of tasks."""
    deleted: list[str] = field(default_factory=list)
    """Names that the module deletes again; submodules among them are not bound on it."""
    extra: list[str] = field(default_factory=list)
    """Names that may exist: what ``__getattr__`` answers, what loops set, what lazy modules export."""

    def to_json(self) -> dict[str, Any]:
        """The fields that say something."""
        return {
            key: value for key, value in self.__dict__.items() if value not in ([], {}, "", None, False)
        } | ({} if self.all_complete else {"all_complete": False})

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> ModuleSummary:
        """Read what :meth:`to_json` wrote."""
        return cls(**values)


def opened(reason: str) -> ModuleSummary:
    """The summary of a module that exists and of which nothing is known."""
    return ModuleSummary(open=reason)


def merge(old: Entry | None, new: Entry) -> Entry:
    """One entry for two declarations of a name, either of which may hold at run time."""
    if old is None or old == new:
        return new
    if old[0] == new[0] == "f":
        signatures = old[2] + [signature for signature in new[2] if signature not in old[2]]
        return ["f", "".join(sorted(set(old[1]) | set(new[1]))), signatures[:40]]
    if old[0] == new[0] == "v":
        values = None if old[3] is None or new[3] is None else list(dict.fromkeys(old[3] + new[3]))[:6]
        return ["v", "".join(sorted(set(old[1]) & set(new[1]))), old[2] or new[2], values]
    alternatives = (old[1] if old[0] == "u" else [old]) + (new[1] if new[0] == "u" else [new])
    return ["u", alternatives[:6]]
