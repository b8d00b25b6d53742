"""What a person sees while something takes longer than two seconds: a bar on stderr, one line in a log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def steps(title: str) -> Iterator[Callable[[str, float], None]]:
    """Show the steps of one piece of work.

    Yields:
        ``step(what, done)``: what happens now, and the share of the whole that is done before it, 0 to 1.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        print(f"{title} ...", file=sys.stderr, flush=True)  # noqa: T201 - a log line is what a pipe can use
        yield lambda what, done: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=1.0)
        yield lambda what, done: progress.update(task, description=f"{title}: {what}", completed=done)
