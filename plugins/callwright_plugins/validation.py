"""How pydantic models are configured here, and how their complaints become one line."""

from __future__ import annotations

from pydantic import ConfigDict, ValidationError

STRICT = ConfigDict(extra="forbid", use_attribute_docstrings=True)
FROZEN = ConfigDict(extra="forbid", use_attribute_docstrings=True, frozen=True)


def first_problem(error: ValidationError, source: str) -> str:
    """The first complaint as ``source: place: what is wrong``, and how many more there are."""
    problems = error.errors(include_url=False, include_input=False)
    place = ".".join(str(part) for part in problems[0]["loc"])
    said = problems[0]["msg"].removeprefix("Value error, ")
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return ": ".join(part for part in (source, place, said) if part) + more
