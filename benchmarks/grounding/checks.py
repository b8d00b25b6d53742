"""False errors and speed of the check, on libraries' own source, which is taken to be right."""

from __future__ import annotations

import time

from sources import library_sources

from callwright_grounding.checking import Checker
from callwright_grounding.environment import Environment


def measure_check(environment: Environment, names: tuple[str, ...], lines: int) -> dict[str, object]:
    """False errors and speed on libraries' own source, which is taken to be right."""
    checker = Checker(environment)
    results: dict[str, object] = {}
    for name in names:
        seen = errors = 0
        started: float | None = None
        timed = 0
        for path, source in library_sources(
            environment.interpreter.roots if environment.interpreter else (), (name,)
        ):
            findings = checker.check(source, path)
            count = source.count("\n")
            seen += count
            errors += sum(finding.severity == "error" for finding in findings)
            if seen >= lines // 2:  # the first half fills the caches
                started = started if started is not None else time.process_time()
                timed += count
            if seen >= lines:
                break
        spent = time.process_time() - started if started is not None else 0.0
        results[name] = {
            "lines": seen,
            "errors per 10,000 lines": round(10_000 * errors / max(1, seen), 2),
            "lines a second (CPU)": round(timed / spent) if spent else None,
        }
    return results
