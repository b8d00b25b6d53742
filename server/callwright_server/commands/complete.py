"""``callwright complete``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from callwright_server.suggest.document import Document
    from callwright_server.suggest.suggestion import Suggestions


@click.command()
@click.argument("place", metavar="FILE:LINE:COLUMN")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option(
    "--bundle", default="", help="An installed bundle's name, or a bundle's folder.", metavar="NAME|DIR"
)
def complete(place: str, as_json: bool, bundle: str) -> None:
    """Show what would be suggested at a place.

    Line and column count from 1; the cursor stands in front of the column.

    \b
    Examples:
      callwright complete app.py:12:1
      callwright complete app.py:12:1 --json
      callwright complete app.py:12:1 --bundle ./my-bundle
    """  # noqa: D301
    import json
    import time

    from callwright_server.settings import Settings
    from callwright_server.suggest.installed import find_installed
    from callwright_server.suggest.opening import open_bundle
    from callwright_server.suggest.place import read_place

    path, document, offset = read_place(place)
    with _progress() as report:
        installed = find_installed(path)
        suggester = open_bundle(Settings(bundle=bundle), report, installed).suggester(Settings(bundle=bundle))
    began = time.perf_counter()
    answer = suggester.suggest(document, offset, stop=lambda: False)
    milliseconds = (time.perf_counter() - began) * 1000
    if as_json:
        click.echo(json.dumps({"path": str(path), **_as_json(document, answer, milliseconds)}, indent=2))
    else:
        _show(document, answer, milliseconds)


def _progress() -> Any:
    """A spinner on stderr that names the stage; nothing where stderr is no terminal."""
    from contextlib import contextmanager

    from rich.console import Console

    @contextmanager
    def spinner() -> Any:
        with Console(stderr=True).status("Opening the bundle") as status:
            yield lambda stage: status.update(f"Opening the bundle: {stage}")

    return spinner()


def _as_json(document: Document, answer: Suggestions, milliseconds: float) -> dict[str, Any]:
    def place(offset: int) -> dict[str, int]:
        line, column = document.place(offset)
        return {"line": line + 1, "column": column + 1}

    items = [
        {
            "text": item.text,
            "start": place(item.start),
            "end": place(item.end),
            "api": item.entry.text if item.entry else None,
            "domain": item.entry.domain if item.entry else None,
            "score": item.score,
            "shown": item.shown,
        }
        for item in answer.items
    ]
    return {"suggestions": items, "reason": answer.reason, "latency_ms": round(milliseconds, 1)}


def _show(document: Document, answer: Suggestions, milliseconds: float) -> None:
    for item in answer.shown:
        click.echo(item.text.lstrip("\r\n"))
        if item.entry:
            click.echo(click.style(f"    {item.entry.domain}", dim=True))
    doubtful = len(answer.items) - len(answer.shown)
    if doubtful and answer.shown:
        click.echo(f"({doubtful} more, less likely: --json shows them)", err=True)
    if answer.reason:
        click.echo(f"Nothing is shown: {answer.reason}.", err=True)
    click.echo(f"{milliseconds:.0f} ms", err=True)
