"""``callwright settings``."""

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object: a setting's name to its JSON schema.")
@click.option("--markdown", "as_markdown", is_flag=True, help="The page docs/settings.md.")
def settings(as_json: bool, as_markdown: bool) -> None:
    """Print every setting and its meaning.

    \b
    Examples:
      callwright settings              for reading
      callwright settings --json       for an editor's settings page
    """  # noqa: D301
    from callwright_server.settings import describing

    if as_json:
        click.echo(describing.as_json())
    elif as_markdown:
        click.echo(describing.as_markdown(), nl=False)
    else:
        for item in describing.describe_settings():
            click.echo(f"{item.name} = {item.default!r}\n    {item.description}")
