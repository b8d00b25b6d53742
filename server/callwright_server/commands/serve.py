"""``callwright serve``."""

import click


@click.command()
def serve() -> None:
    """Start the language server on stdin and stdout.

    Editors start it; docs/editors.md tells how. It speaks the Language Server Protocol 3.18.

    \b
    Examples:
      callwright serve
    """  # noqa: D301
    from callwright_server.lsp.messages import serve as run

    run()
