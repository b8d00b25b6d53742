"""The bundle's tokenizer, checked against the one that the model was trained with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from callwright_training.errors import ExportError
from callwright_training.export.sources import standard_library_texts

_TRICKY = (
    "",
    "\t\tx = 1\r\n",
    "s = 'naïve café 日本語 😀👩‍👩‍👧'\n",
    "x  =   0x1F_42 + 3.14e-10j\n",
    " \n \n\n",
    "\x0c# form feed",
)


def write_tokenizer(path: Path, tokenizer: Any) -> None:
    """Write ``tokenizer.json`` and read real Python files with both.

    Args:
        path: The file to write.
        tokenizer: The transformers tokenizer.

    Raises:
        ExportError: The tokenizer has no fast form, or the two do not agree.
    """
    from tokenizers import Tokenizer

    fast = getattr(tokenizer, "backend_tokenizer", None)
    if fast is None:
        raise ExportError(
            f"{type(tokenizer).__name__} has no tokenizer.json form; export needs a fast tokenizer."
        )
    copy = Tokenizer.from_str(fast.to_str())
    copy.no_truncation()
    copy.no_padding()
    copy.save(str(path))
    written = Tokenizer.from_file(str(path))
    for text in (*_TRICKY, *standard_library_texts()):
        _compare(written, tokenizer, text)


def _compare(written: Any, tokenizer: Any, text: str) -> None:
    ours = written.encode(text, add_special_tokens=False).ids
    theirs = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    if ours != list(theirs):
        place = next(
            (i for i, pair in enumerate(zip(ours, theirs, strict=False)) if pair[0] != pair[1]), len(ours)
        )
        raise ExportError(
            "tokenizer.json does not read Python as the model's own tokenizer does: "
            f"{text[:40]!r}... differs at token {place}."
        )
