"""``# callwright: ignore``, ``# callwright: ignore[attribute]``, and what type checkers were told."""

from __future__ import annotations

import re
from collections.abc import Callable

from callwright_grounding.checking.finding import Finding

_COMMENT = re.compile(r"#\s*callwright:\s*ignore(?:\[([\w\s,-]*)\])?(?![\w\[-])")
_TYPE_IGNORE = re.compile(
    r"#\s*type:\s*ignore(?!\[)|#\s*type:\s*ignore\[[^\]]*(?:attr-defined|call-arg|union-attr)"
)


def ignored_lines(source: str) -> Callable[[Finding], bool]:
    """A test of whether a finding's line, first or last, carries a comment that silences it."""
    if "ignore" not in source:
        return lambda finding: False
    lines: dict[int, set[str] | None] = {}
    for number, line in enumerate(source.split("\n"), start=1):
        if "ignore" not in line:
            continue
        found = _COMMENT.search(line)
        if _TYPE_IGNORE.search(line):
            lines[number] = None  # somebody looked, and knows better than the stubs
        elif found is not None:
            codes = found[1]
            lines[number] = None if codes is None else {code.strip() for code in codes.split(",")}

    def silenced(finding: Finding) -> bool:
        for number in (finding.line, finding.end_line):
            if number in lines and ((codes := lines[number]) is None or finding.code in codes):
                return True
        return False

    return silenced
