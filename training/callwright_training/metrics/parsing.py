"""Is there a script, and is it Python?

``has_code``: the answer has a script. ``parses``: it has one, and :func:`ast.parse` of the running Python
accepts it as it stands, without repairs; the denominator is every answer. No source beyond that: it is the
cheapest necessary condition of executability.
"""

from __future__ import annotations

import ast
import warnings

from callwright_training.metrics.case import Case, Measured


class Parses:
    """Whether an answer has a script and the script parses."""

    keys = ("parses", "has_code")

    def score(self, case: Case) -> Measured:
        """Parse one script; both scores are 0 or 1, the note is the parser's message."""
        code = case.answer.code or ""
        problem = syntax_problem(code) if code.strip() else "no script"
        notes = {"parses": problem} if problem else {}
        return Measured(
            scores={"parses": float(not problem), "has_code": float(bool(code.strip()))}, notes=notes
        )


def syntax_problem(code: str) -> str:
    """Why the script does not parse, in one line; empty where it does."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in generated code is no news to the user
            ast.parse(code)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}" if error.lineno else error.msg
    except (ValueError, RecursionError, MemoryError) as error:
        return f"{type(error).__name__}: {error}"
    return ""
