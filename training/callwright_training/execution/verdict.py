"""What goes into the runner and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Failure(StrEnum):
    """Why a script did not run to its end."""

    NO_CODE = "no-code"
    SYNTAX = "syntax"
    UNDEFINED_NAME = "undefined-name"
    MISSING_PACKAGE = "missing-package"
    MISSING_NAME = "missing-name"
    """The package is there, the name asked of it is not."""
    UNKNOWN_MODEL = "unknown-model"
    """The hub has no such repository, revision or file."""
    MISSING_INPUT = "missing-input"
    """A file or an address that is not there."""
    MISUSE = "misuse"
    """Raised while running: wrong arguments, types, shapes."""
    TIMEOUT = "timeout"
    MEMORY = "memory"
    KILLED = "killed"
    """Ended by a signal: a crash, or its own doing."""
    LEFT_EARLY = "left-early"
    """Its process ended first: ``os._exit``, ``exec``, ``sys.exit()`` before the last statement."""
    FORGED = "forged"
    """It claimed to have ended and had not, or used what only a forger needs."""
    SANDBOX = "sandbox"
    """Ours: the sandbox itself failed twice on this script."""


@dataclass(frozen=True, slots=True)
class Script:
    """One script to be run."""

    id: str
    code: str | None
    """``None`` or blank where a response holds no code."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one script ended."""

    id: str
    ok: bool
    """It ran to its end."""
    mode: str
    """``strict`` or ``lenient``."""
    failure: Failure | None = None
    error: str = ""
    """The exception's class, where there was one."""
    message: str = ""
    """What it said, in one line or several."""
    line: int | None = None
    """The script's line that failed, from 1."""
    leniencies: tuple[str, ...] = ()
    """How the script was helped, in words; always empty in strict mode."""
    models: tuple[str, ...] = ()
    """Repositories that the hub was asked by this script for files of: what it really loaded."""
    seconds: float = 0.0
    """From fork to end."""
    processor: float = 0.0
    """Seconds of processor time: the fork, the script and its end; the hub's and the cell's are not in it."""
    output: str = ""
    """The end of what it printed."""
