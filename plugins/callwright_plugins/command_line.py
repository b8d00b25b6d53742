"""The option ``--plugin``, the same for every command that uses plugins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def plugin_option(command: Decorated) -> Decorated:
    """Add ``--plugin FILE.py``, which may be given several times; the command gets ``plugin_files``."""
    option = click.option(
        "--plugin",
        "plugin_files",
        multiple=True,
        metavar="FILE.py",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Load this one-file plugin too; may be given several times.",
    )
    return option(command)
