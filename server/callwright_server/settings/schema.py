"""Every setting of the language server, with what it means in the sentence under it.

Editors, ``callwright settings`` and ``docs/settings.md`` show these sentences; nothing is explained twice.
"""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, NonNegativeInt, PositiveInt
from pydantic.dataclasses import dataclass

from callwright_server.engine.settings import EngineSettings

STRICT = ConfigDict(extra="forbid", use_attribute_docstrings=True)

Share = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Inline:
    """Ghost text behind the cursor."""

    enabled: bool = True
    """Offer ghost text."""
    automatic: bool = True
    """Offer it while you type; off: only when you ask for it (in VS Code: Trigger Inline Suggestion)."""
    imports: bool = True
    """Put an import that a suggested call needs, and that the file lacks, on the line above the call."""
    free_text: bool = True
    """Also continue a line of code where no catalogue call fits. Only names that the file already has, or
    that are known to exist, are ever shown.
    """
    minimum_confidence: Share | None = None
    """How sure the model must be of freely continued code: a token's mean probability; 1 shows none. Empty
    takes what was fitted for the bundle, by place: in imports, behind dots, between brackets.
    """
    max_tokens: PositiveInt = 48
    """Length of freely continued code, in the model's tokens."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Menu:
    """Entries in the editor's completion menu."""

    enabled: bool = True
    """Offer catalogue calls as entries of the completion menu."""
    members: bool = True
    """Behind a dot, put the members that the model finds likeliest in front, marked with a star. What other
    extensions list stays listed.
    """
    limit: PositiveInt = 8
    """How many entries at most."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Pace:
    """How eagerly the model is asked while you type."""

    shortest_pause: NonNegativeInt = 40
    """Milliseconds without a keystroke after which the model is asked where a word has ended."""
    longest_pause: NonNegativeInt = 300
    """The same inside a word at most: there the pause follows your typing speed."""
    time_budget: PositiveInt = 3000
    """Milliseconds after which an answer is given up, or shown as far as it has come."""
    unload_after: NonNegativeInt = 0
    """Minutes without a request after which the model leaves memory until the next one; 0 keeps it."""
    on_battery: bool = True
    """Ask the model by itself on battery too; off: only when you ask for a suggestion."""
    processor_limit: NonNegativeInt = 0
    """Percent of one core that the server may take over a minute before it waits to be asked; 0 sets none."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Grounding:
    """Names that exist for your interpreter: what may be suggested, and what is found invented."""

    enabled: bool = True
    """Hold suggestions to names that exist. What is installed is indexed once, in the background and in a
    process of its own; nothing of it is run.
    """
    python: str = ""
    """The interpreter whose packages count, or its environment's folder; empty finds it as other tools do:
    `VIRTUAL_ENV`, `.venv`, `PATH`.
    """
    diagnostics: bool = True
    """Report imports, attributes and keyword arguments that do not exist, and offer the nearest that do."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Settings:
    """Everything a user may set."""

    enabled: bool = True
    """Suggest at all. Off, nothing is offered and the model leaves memory."""
    bundle: str = ""
    """Name of an installed bundle, or a bundle's folder; empty takes the default one."""
    record_outcomes: bool = True
    """Keep in a file on this machine what became of each suggestion: taken, partly taken, dismissed, kept.
    It is never sent anywhere; `callwright outcomes` shows, erases and exports it.
    """
    log_level: Literal["error", "warning", "info", "debug"] = "warning"
    """How much the server writes to its log (stderr). Never your code, at any level."""
    inline: Inline = field(default_factory=Inline)
    menu: Menu = field(default_factory=Menu)
    pace: Pace = field(default_factory=Pace)
    grounding: Grounding = field(default_factory=Grounding)
    engine: EngineSettings = field(default_factory=EngineSettings)
