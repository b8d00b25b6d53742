"""What both commands, ``callwright`` and ``rlaif-train``, share: lazy subcommands and how errors are shown.

Leaves out everything heavy: a subcommand's module is imported when that subcommand is called, so that
``--help`` is instant.
"""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass

import click

from callwright_grounding.errors import UserError

EXIT_USER_ERROR = 2
EXIT_INTERRUPTED = 130


@dataclass(frozen=True)
class Subcommand:
    """Where a subcommand lives, and its line in the command's help."""

    target: str
    """``package.module:attribute`` of the click command."""
    summary: str
    """Its line in ``--help``; a test compares it with the command's own first line."""


class LazyGroup(click.Group):
    """A click group that imports a subcommand only when it is called.

    Args:
        subcommands: Name to :class:`Subcommand`, in the order of the help page.
    """

    def __init__(self, *, subcommands: dict[str, Subcommand], **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self.subcommands = subcommands

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The subcommands' names, in the order of the help page."""
        return [*self.subcommands, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the subcommand; ``None`` where there is none of this name."""
        if cmd_name not in self.subcommands:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = self.subcommands[cmd_name].target.partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of subcommands without importing any."""
        rows = [(name, subcommand.summary) for name, subcommand in self.subcommands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def run(group: click.Group, *, extra: str = "", modules: frozenset[str] = frozenset()) -> None:
    """Run a command line to its end and exit.

    Args:
        group: The command.
        extra: What to type for the packages that a plain installation leaves out.
        modules: Names that those packages are imported by.

    A :class:`UserError` is printed as one line with exit code 2, Ctrl-C exits with 130, anything else keeps
    its traceback.
    """
    try:
        code = group.main(standalone_mode=False)
    except click.exceptions.Abort:
        _stop("Interrupted.", EXIT_INTERRUPTED)
    except KeyboardInterrupt:
        _stop("Interrupted.", EXIT_INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_USER_ERROR)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except UserError as error:
        _stop(f"Error: {error}", EXIT_USER_ERROR)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in modules:
            raise
        _stop(f"Error: {error.name} is not installed. {extra}", EXIT_USER_ERROR)
    except BrokenPipeError:
        # The reader of our output has gone; Python would complain once more while closing stdout.
        sys.stderr.close()
        sys.exit(1)
    else:
        # Outside of its standalone mode, click returns the code of a command that called for an exit.
        sys.exit(code if isinstance(code, int) else 0)


def _stop(message: str, code: int) -> None:
    click.echo(message, err=True)
    sys.exit(code)
