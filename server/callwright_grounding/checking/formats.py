"""Findings as text, JSON, SARIF 2.1.0 and GitHub's workflow commands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from callwright_grounding.checking.files import FileFindings
from callwright_grounding.checking.finding import CODES, Finding

_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def as_text(results: Sequence[FileFindings]) -> str:
    """One line for each finding, and a last one that counts."""
    lines = [_text_line(result, finding) for result in results for finding in result.findings]
    errors = sum(finding.severity == "error" for result in results for finding in result.findings)
    warnings = len(lines) - errors
    files = _count(len(results), "file")
    summary = (
        f"{_count(errors, 'error')} and {_count(warnings, 'warning')} in {files}."
        if lines
        else f"{files}: nothing found."
    )
    return "\n".join([*lines, summary])


def as_json(results: Sequence[FileFindings]) -> str:
    """An array of objects: path, line and column from 1, severity, code, message, suggestions."""
    return json.dumps(
        [_object(result, finding) for result in results for finding in result.findings], indent=2
    )


def as_github(results: Sequence[FileFindings]) -> str:
    """Workflow commands, which GitHub shows beside the lines."""
    return "\n".join(_github_line(result, finding) for result in results for finding in result.findings)


def as_sarif(results: Sequence[FileFindings]) -> str:
    """SARIF, for code scanning."""
    rules = [{"id": code, "shortDescription": {"text": meaning}} for code, meaning in CODES.items()]
    found = [_sarif_result(result, finding) for result in results for finding in result.findings]
    driver = {"name": "callwright", "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": found}
    return json.dumps({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}, indent=2)


FORMATS = {"text": as_text, "json": as_json, "sarif": as_sarif, "github": as_github}


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _advice(finding: Finding) -> str:
    return f"; did you mean {' or '.join(finding.suggestions)}?" if finding.suggestions else ""


def _text_line(result: FileFindings, finding: Finding) -> str:
    cell = f":cell {finding.cell + 1}" if finding.cell is not None else ""
    place = f"{result.path}{cell}:{finding.line}:{finding.column}"
    return f"{place}: {finding.severity}[{finding.code}] {finding.message}{_advice(finding)}"


def _object(result: FileFindings, finding: Finding) -> dict[str, Any]:
    values: dict[str, Any] = {
        "path": str(result.path),
        "line": finding.line,
        "column": finding.column,
        "end_line": finding.end_line,
        "end_column": finding.end_column,
        "severity": finding.severity,
        "code": finding.code,
        "message": finding.message,
        "suggestions": list(finding.suggestions),
    }
    return values if finding.cell is None else values | {"cell": finding.cell}


def _escaped(text: str, *, in_property: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if in_property else text


def _github_line(result: FileFindings, finding: Finding) -> str:
    place = f"file={_escaped(str(result.path), in_property=True)},line={finding.line},col={finding.column}"
    span = f"endLine={finding.end_line},endColumn={finding.end_column},title={finding.code}"
    return f"::{finding.severity} {place},{span}::{_escaped(finding.message + _advice(finding))}"


def _sarif_result(result: FileFindings, finding: Finding) -> dict[str, Any]:
    region = {
        "startLine": finding.line,
        "startColumn": finding.column,
        "endLine": finding.end_line,
        "endColumn": finding.end_column,
    }
    location = {"artifactLocation": {"uri": result.path.as_posix()}, "region": region}
    return {
        "ruleId": finding.code,
        "level": finding.severity,
        "message": {"text": finding.message + _advice(finding)},
        "locations": [{"physicalLocation": location}],
    }
