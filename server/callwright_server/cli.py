"""``callwright``: the language server, and what it knows, from the shell."""

import click

from callwright_server import __version__
from callwright_server.command_line import LazyGroup, Subcommand, run

SUBCOMMANDS = {
    "serve": Subcommand(
        "callwright_server.commands.serve:serve", "Start the language server on stdin and stdout."
    ),
    "complete": Subcommand(
        "callwright_server.commands.complete:complete", "Show what would be suggested at a place."
    ),
    "demo": Subcommand("callwright_server.commands.demo:demo", "Watch a sample file being completed."),
    "check": Subcommand("callwright_server.commands.check:check", "Find API calls that do not exist."),
    "index": Subcommand(
        "callwright_server.commands.index:index", "Index what is installed for an interpreter."
    ),
    "bundle": Subcommand("callwright_server.commands.bundle:bundle", "List, verify and measure bundles."),
    "outcomes": Subcommand(
        "callwright_server.commands.outcomes:outcomes", "Show, erase or export what became of suggestions."
    ),
    "plugins": Subcommand("callwright_server.commands.plugins:plugins", "List plugins and what they bring."),
    "settings": Subcommand(
        "callwright_server.commands.settings:settings", "Print every setting and its meaning."
    ),
}


@click.group(cls=LazyGroup, subcommands=SUBCOMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="callwright")
def callwright() -> None:
    """Suggest API calls that exist.

    \b
    Examples:
      callwright serve                       start the language server (editors do this)
      callwright complete app.py:12:9        what would be suggested there
      callwright check src/                  find calls that do not exist
    """  # noqa: D301


def main() -> None:
    """Entry point of the ``callwright`` command."""
    run(callwright)
