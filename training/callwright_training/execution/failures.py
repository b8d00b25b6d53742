"""From what a sandbox says of one script to a :class:`~callwright_training.execution.verdict.Verdict`."""

from __future__ import annotations

import re
from typing import Any

from callwright_training.execution.verdict import Failure, Verdict

_BY_END = {
    "timeout": Failure.TIMEOUT,
    "memory": Failure.MEMORY,
    "left": Failure.LEFT_EARLY,
    "forged": Failure.FORGED,
}
# The first of an exception's classes, nearest first, that is listed here decides.
_BY_CLASS = {
    "Forbidden": Failure.FORGED,
    "SystemExit": Failure.LEFT_EARLY,
    "SyntaxError": Failure.SYNTAX,
    "NameError": Failure.UNDEFINED_NAME,
    "MemoryError": Failure.MEMORY,
    "RepositoryNotFoundError": Failure.UNKNOWN_MODEL,
    "EntryNotFoundError": Failure.UNKNOWN_MODEL,
    "RevisionNotFoundError": Failure.UNKNOWN_MODEL,
    "HfHubHTTPError": Failure.UNKNOWN_MODEL,
    "ConnectionError": Failure.MISSING_INPUT,
    "URLError": Failure.MISSING_INPUT,
    "gaierror": Failure.MISSING_INPUT,
    "MissingSchema": Failure.MISSING_INPUT,
    "DatasetNotFoundError": Failure.MISSING_INPUT,
    "UnidentifiedImageError": Failure.MISSING_INPUT,
    "ModuleNotFoundError": Failure.MISSING_PACKAGE,
}
_HUB = re.compile(
    r"is not a local folder and is not a valid model identifier|does not appear to have a file named|"
    r"Could not locate \S+ inside |"
    r"Can't load (?:tokenizer|config|model|image processor|feature extractor|processor)|"
    r"Repository Not Found|Entry Not Found|not found in (?:model|repo)|No sentence-transformers model found"
)
_NO_INPUT = re.compile(
    r"No such file or directory|Max retries exceeded|Name or service not known|Network is unreachable"
)
_NO_PACKAGE = re.compile(
    r"requires? the (?:following )?[\w\- ,`]+(?:librar|package|backend)|"
    r"not found in your environment|is not installed"
)


def to_verdict(answer: dict[str, Any], mode: str) -> Verdict:
    """Read a sandbox's answer."""
    error = answer.get("error") or {}
    common: dict[str, Any] = {
        "id": str(answer["id"]),
        "ok": bool(answer["ok"]),
        "mode": mode,
        "leniencies": tuple(answer.get("leniencies", ())),
        "models": tuple(answer.get("fetched", ())),
        "seconds": float(answer.get("seconds", 0.0)),
        "processor": float(answer.get("processor", 0.0)),
        "output": str(answer.get("output", "")),
    }
    if answer["ok"]:
        return Verdict(**common)
    line = str(error.get("line"))
    return Verdict(
        **common,
        failure=_failure(str(answer["how"]), error),
        error=str(error.get("type", "")),
        message=str(error.get("message", "")) or str(answer["how"]),
        line=int(line) if line.isdigit() else None,
    )


def _failure(how: str, error: dict[str, Any]) -> Failure:
    if how != "raised":
        return _BY_END.get(how, Failure.KILLED)
    message = str(error.get("message", ""))
    kinds = str(error.get("kinds", "") or error.get("type", "")).split(",")
    if "OSError" in kinds and _HUB.search(message):
        return Failure.UNKNOWN_MODEL
    for kind in kinds:
        if kind in _BY_CLASS:
            return _BY_CLASS[kind]
    if "ImportError" in kinds:
        return Failure.MISSING_PACKAGE if _NO_PACKAGE.search(message) else Failure.MISSING_NAME
    if "OSError" in kinds and ("FileNotFoundError" in kinds or _NO_INPUT.search(message)):
        return Failure.MISSING_INPUT
    return Failure.MISUSE
