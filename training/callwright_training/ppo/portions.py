"""Rows of a batch that are read together: of like length, without the columns that none of them needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Portion:
    """Some rows of a batch of prompts, padded on the left, and completions, padded on the right."""

    rows: Tensor
    """Their numbers, ``[rows]``."""
    columns: slice
    """Where any of them has a token."""
    start: int
    """Where completions begin, counted from the first of these columns."""

    @property
    def width(self) -> int:
        """Tokens of the longest completion."""
        return int(self.columns.stop - self.columns.start) - self.start


def portions(attention: Tensor, start: int, rows: Tensor, size: int) -> Iterator[Portion]:
    """So many rows at a time, the shortest first: less memory, and less padding to compute.

    Args:
        attention: One where there is a token, ``[batch, length]``.
        start: Where completions begin.
        rows: Numbers of the rows to read.
        size: Rows of a portion.
    """
    lengths = attention[rows].sum(1)
    for part in rows[lengths.argsort(stable=True).to(rows.device)].split(size):
        used = attention[part].any(0).nonzero().flatten()
        columns = slice(int(used[0]), max(int(used[-1]) + 1, start + 1))
        yield Portion(part, columns, start - columns.start)
