"""``callwright plugins``: which plugins are loaded, and what they bring."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from callwright_plugins.command_line import plugin_option

if TYPE_CHECKING:
    from callwright_plugins.manager import Plugins


@click.group()
def plugins() -> None:
    """List plugins and what they bring.

    \b
    Examples:
      callwright plugins list                          plugins, judges, question sets, catalogues, filters
      callwright plugins list --plugin my_judge.py     with a one-file plugin
      CALLWRIGHT_PLUGINS= callwright plugins list      built-ins only
    """  # noqa: D301


@plugins.command("list")
@plugin_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
def list_plugins(plugin_files: tuple[Path, ...], as_json: bool) -> None:
    """List every plugin with its hooks and what it offers; exit code 1 where one cannot be used."""
    from callwright_plugins.manager import Plugins

    found = Plugins(plugin_files, strict=False)
    told = _told(found)
    if as_json:
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        _show(told)
    if found.problems:
        sys.exit(1)


def _told(found: Plugins) -> dict[str, Any]:
    kinds = found.offers()
    return {
        "plugins": [
            {
                "name": plugin.name,
                "source": plugin.source,
                "hooks": list(plugin.hooks),
                **{
                    kind: [offer.name for offer in offers.values() if offer.plugin == plugin.name]
                    for kind, offers in kinds.items()
                },
            }
            for plugin in found.plugins
        ],
        "problems": [{"plugin": problem.plugin, "message": problem.message} for problem in found.problems],
    }


def _show(told: dict[str, Any]) -> None:
    for plugin in told["plugins"]:
        click.echo(f"{plugin['name']} ({plugin['source']})")
        for kind in ("judges", "question_sets", "catalogues", "filters"):
            if plugin[kind]:
                click.echo(f"  {kind.replace('_', ' ')}: {', '.join(plugin[kind])}")
    for problem in told["problems"]:
        click.echo(f"Problem: plugin '{problem['plugin']}' {problem['message']}", err=True)
