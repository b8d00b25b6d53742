"""How much is done, where one knows how much there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from callwright_training.progress import steps


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how much is done on stderr; yields what is to be told how many more are."""
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        step(f"{done} of {total}", done / max(1, total))

    with steps(what) as step:
        yield advance
