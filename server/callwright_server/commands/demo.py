"""``callwright demo``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from callwright_server.lsp.demo import Stop

ENOUGH = 5
"""Positions that must get a suggestion for the demo to count as working."""


@click.command()
@click.option(
    "--bundle", default="", help="An installed bundle's name, or a bundle's folder.", metavar="NAME|DIR"
)
def demo(bundle: str) -> None:
    """Watch a sample file being completed.

    Starts `callwright serve`, types a sample as an editor does, and shows at each stop what is suggested and
    how long it took. Exits with 1 where fewer than five stops got a suggestion.

    \b
    Examples:
      callwright demo
      callwright demo --bundle ./my-bundle
    """  # noqa: D301
    import asyncio

    from rich.console import Console

    stops = asyncio.run(_watched(bundle, Console()))
    found = [stop for stop in stops if stop.suggestion]
    times = sorted(stop.milliseconds for stop in found)
    middle = f"; half of them within {times[len(times) // 2]:.0f} ms" if times else ""
    click.echo(f"{len(found)} of {len(stops)} stops got a suggestion{middle}.")
    if len(found) < ENOUGH:
        click.echo(f"That is fewer than {ENOUGH}: something is wrong with this bundle.", err=True)
        raise click.exceptions.Exit(1)


async def _watched(bundle: str, console: Console) -> list[Stop]:
    from callwright_server.lsp.demo import sample, watch

    began = time.monotonic()
    stops: list[Stop] = []
    with console.status("Starting callwright serve") as status:
        async for stop in watch(
            sample(), bundle=bundle, report=lambda stage: status.update(f"callwright serve: {stage}")
        ):
            if not stops:
                console.print(
                    f"First suggestion {time.monotonic() - began:.1f} s after the start.\n", style="dim"
                )
            stops.append(stop)
            status.update("Typing")
            _show(console, stop)
    return stops


def _show(console: Console, stop: Stop) -> None:
    from rich.text import Text

    text = Text(f"{stop.number}  ", style="bold")
    if stop.above:
        text.append(f"{stop.above}\n   ", style="dim")
    text.append(stop.line.strip())
    if stop.suggestion:
        typed = len(stop.line) - stop.start
        ghost = stop.suggestion[typed:] if stop.line.strip() else stop.suggestion.strip()
        text.append(ghost.replace("\n", "\n   "), style="italic green")
        text.append(f"\n   {stop.milliseconds:.0f} ms\n", style="cyan")
    else:
        text.append(f"\n   {stop.milliseconds:.0f} ms, nothing: {stop.reason}\n", style="cyan")
    console.print(text, soft_wrap=True)
