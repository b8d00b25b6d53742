"""``# callwright: ignore`` and ``# callwright: ignore[attribute, keyword]``."""

from __future__ import annotations

import re
from collections.abc import Callable

from callwright_grounding.checking.finding import Finding

_COMMENT = re.compile(r"#\s*callwright:\s*ignore(?:\[([\w\s,-]*)\])?(?![\w\[-])")


def ignored_lines(source: str) -> Callable[[Finding], bool]:
    """A test of whether a finding's line, first or last, carries a comment that silences it."""
    if "callwright:" not in source:
        return lambda finding: False
    lines: dict[int, set[str] | None] = {}
    for number, line in enumerate(source.split("\n"), start=1):
        found = _COMMENT.search(line)
        if found is not None:
            codes = found[1]
            lines[number] = None if codes is None else {code.strip() for code in codes.split(",")}

    def silenced(finding: Finding) -> bool:
        for number in (finding.line, finding.end_line):
            if number in lines and ((codes := lines[number]) is None or finding.code in codes):
                return True
        return False

    return silenced
