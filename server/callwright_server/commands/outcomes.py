"""``callwright outcomes``."""

from pathlib import Path

import click


@click.group()
def outcomes() -> None:
    """Show, erase or export what became of suggestions.

    The language server keeps it in a file on this machine, unless the setting ``record_outcomes`` is off.
    It is never sent anywhere.

    \b
    Examples:
      callwright outcomes show
      callwright outcomes export accepted.jsonl    records that rlaif-train reads
      callwright outcomes erase
    """  # noqa: D301


@outcomes.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object with counts and shares.")
def show(as_json: bool) -> None:
    """Show how many suggestions were shown, accepted and kept."""
    import json

    from callwright_server.outcomes import OutcomeStore, outcomes_path
    from callwright_server.outcomes.report import as_markdown, summary

    rows = list(OutcomeStore(outcomes_path()).rows())
    click.echo(json.dumps(summary(rows), indent=2) if as_json else as_markdown(rows), nl=as_json)


@outcomes.command()
def erase() -> None:
    """Erase everything that was recorded."""
    from callwright_server.outcomes import OutcomeStore, outcomes_path

    click.echo(f"{OutcomeStore(outcomes_path()).erase()} outcomes erased.")


@outcomes.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(file: Path) -> None:
    """Write accepted calls as records to FILE (JSON lines)."""
    from callwright_server.outcomes import OutcomeStore, outcomes_path

    click.echo(f"{OutcomeStore(outcomes_path()).export(file)} records written to {file}.")
