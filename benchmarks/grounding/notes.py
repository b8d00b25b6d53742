"""What was seen at each place, in a file from which a stopped section goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Notes:
    """What was seen, place by place.

    Args:
        file: One JSON array a line, the place and what was seen; ``None`` keeps nothing.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._known: dict[str, Any] = {}
        if file is not None and file.is_file():
            text = file.read_text(encoding="utf-8")
            self._known = dict(map(_entry, text.splitlines()))
            if not text.endswith("\n"):
                file.write_text(f"{text}\n", encoding="utf-8")

    def of(self, place: str, look: Callable[[], Any]) -> Any:
        """What was seen at a place; where nobody has looked, by looking now.

        Args:
            place: The text in front of it, which tells it from all others.
            look: Gives what JSON can hold.
        """
        key = hashlib.blake2b(place.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        if key not in self._known:
            self._known[key] = look()
            if self._file is not None:
                with self._file.open("a", encoding="utf-8") as notes:
                    notes.write(json.dumps([key, self._known[key]]) + "\n")
        return self._known[key]

    def done(self) -> None:
        """Forget: the section has come to its end, and is measured anew when asked for again."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)


def _entry(line: str) -> tuple[str, Any]:
    """One note; a line that a kill has cut is as if nobody had looked."""
    try:
        key, seen = json.loads(line)
    except ValueError:
        return "", None
    return key, seen
