"""Files that appear as a whole or not at all, and what a full disk looks like."""

from __future__ import annotations

import errno
import re
from pathlib import Path

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG}
_IN_WORDS = re.compile(r"os error (\d+)|(PytorchStreamWriter failed writing|unexpected pos \d+ vs)")


def write_whole(path: Path, text: str) -> None:
    """Write a text file so that a kill leaves the old one or the new one."""
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def no_room(error: BaseException) -> str | None:
    """What the system says where an error, or one that it came from, means that a file could not be written.

    ``None`` for every other error. safetensors and torch raise classes of their own, which carry the system's
    number in their words or not at all.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in _NO_ROOM:
            return seen.strerror or str(seen)
        if not isinstance(seen, OSError) and (found := _IN_WORDS.search(str(seen))) is not None:
            if found[1] is None:
                return "a file could not be written"
            if int(found[1]) in _NO_ROOM:
                return str(seen).strip().partition("\n")[0]
        seen = seen.__cause__ or seen.__context__
    return None
