"""``callwright bundle``: which bundles there are, whether they are whole, and what is in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from callwright_server.bundle import Manifest
    from callwright_server.engine.measure import Measurement

_NAME = click.argument("name", required=False)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def bundle() -> None:
    """List, verify and measure bundles.

    A bundle is a folder with everything the server needs of a model. NAME is that of an installed bundle or
    a folder; without it, the default bundle is meant.

    \b
    Examples:
      callwright bundle list
      callwright bundle show default --json
      callwright bundle verify out/team
    """  # noqa: D301


@bundle.command("list")
@_JSON
def list_bundles(as_json: bool) -> None:
    """List the installed bundles."""
    from callwright_server.bundle import bundles_folder, installed_bundles

    rows = [_row(path) for path in installed_bundles()]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    elif not rows:
        click.echo(f"No bundle in {bundles_folder()}. `rlaif-train export --default` builds one.")
    for row in () if as_json else rows:
        click.echo(f"{row['name']:<20} {row['summary']}")


@bundle.command()
@_NAME
@_JSON
def show(name: str | None, as_json: bool) -> None:
    """Show what a bundle was made from and how well it does."""
    from callwright_server.bundle import find_bundle

    found = find_bundle(name)
    if as_json:
        click.echo(json.dumps({"path": str(found.path)} | found.manifest.model_dump(), indent=2))
        return
    for title, value in _facts(found.path, found.manifest).items():
        click.echo(f"{title:<12} {value}")


@bundle.command()
@_NAME
def verify(name: str | None) -> None:
    """Read every byte of a bundle and compare it with the manifest.

    Exit code 2 and one line say what is damaged.
    """
    from callwright_server.bundle import Bundle, find_bundle

    found = Bundle.open(find_bundle(name).path, trust_stamp=False)
    click.echo(f"{found.path}: {len(found.manifest.files)} files, {found.size / 1e6:.0f} MB, all as exported")


@bundle.command()
@click.argument("names", nargs=-1)
@click.option(
    "--threads", type=click.IntRange(0), default=0, help="Threads to use; 0 takes the server's own number."
)
@_JSON
def bench(names: tuple[str, ...], threads: int, as_json: bool) -> None:
    """Measure this machine with bundles, and recommend one.

    NAMES are installed bundles or folders; without any, all installed ones are measured. Each runs in a
    process of its own. The share of the limit says how near the memory's own speed decoding comes.

    \b
    Examples:
      callwright bundle bench
      callwright bundle bench default out/team-int4 --threads 1
    """  # noqa: D301
    from dataclasses import asdict

    from callwright_server.bundle import find_bundle, installed_bundles
    from callwright_server.engine.measure import measure_apart
    from callwright_server.engine.recommend import recommended
    from callwright_server.engine.settings import EngineSettings

    wanted: list[str | Path | None] = [*(names or installed_bundles())]
    measured = []
    for name in wanted or [None]:  # the default's absence says how to make one
        found = find_bundle(name)
        click.echo(f"measuring {found.name} ...", err=True)
        measured.append((found.manifest, measure_apart(found.path, EngineSettings(threads=threads))))
    choice, reason = recommended(measured)
    if as_json:
        rows = [asdict(row) | {"share": row.share} for _, row in measured]
        click.echo(json.dumps({"bundles": rows, "recommended": choice, "reason": reason}, indent=2))
        return
    _print_bench([row for _, row in measured])
    click.echo(f"Recommended: {choice} ({reason}).")


def _print_bench(measured: list[Measurement]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(
        "bundle", "memory", "load", "read 256", "read 16 more", "token", "limit", "share", "call of 12"
    )
    for row in measured:
        times = (row.load_ms, row.prefill_ms, row.append_ms, row.token_ms, row.limit_ms)
        cells = [f"{value:.0f} ms" if value >= 100 else f"{value:.1f} ms" for value in times]
        table.add_row(
            row.name, f"{row.memory_mb:.0f} MB", *cells, f"{row.share:.0%}", f"{row.call_ms:.0f} ms"
        )
    Console().print(table)
    bandwidth = max(row.bandwidth_gb for row in measured)
    click.echo(f"Memory bandwidth: {bandwidth:.1f} GB/s with {measured[0].threads} threads.")


def _row(path: Path) -> dict[str, Any]:
    from callwright_server.bundle import Manifest
    from callwright_server.errors import BundleError

    try:
        manifest = Manifest.load(path)
    except BundleError as error:
        return {
            "name": path.name,
            "path": str(path),
            "error": str(error),
            "summary": f"cannot be used: {error}",
        }
    size = sum(record.size for record in manifest.files.values())
    return {
        "name": path.name,
        "path": str(path),
        "base": manifest.base,
        "tuned": bool(manifest.adapter),
        "quantization": manifest.quantization,
        "bytes": size,
        "summary": f"{_model(manifest)}, {size / 1e6:.0f} MB",
    }


def _facts(path: Path, manifest: Manifest) -> dict[str, str]:
    shape, parity = manifest.architecture, manifest.parity
    return {
        "folder": str(path),
        "model": _model(manifest),
        "shape": f"{shape.family}, {shape.layers} layers of {shape.hidden_size}, {shape.vocabulary} tokens",
        "files": f"{sum(record.size for record in manifest.files.values()) / 1e6:.0f} MB",
        "catalogue": f"{manifest.catalogue_version}: {manifest.catalogue_source}",
        "agreement": f"{parity.agreement:.1%} with torch at {parity.positions} positions ({parity.text})",
        "shown from": _gate(path),
        "evaluation": json.dumps(manifest.evaluation) if manifest.evaluation else "none published",
        "made by": f"{manifest.created_by}, prompt format {manifest.prompt_version}",
    }


def _gate(path: Path) -> str:
    """The thresholds in one line."""
    from callwright_server.gate import LINE_KINDS, Gate

    gate = Gate.load(path)
    lines = ", ".join(f"{kind} {gate.of_line(kind).least_probability:.2f}" for kind in LINE_KINDS)
    calls = "by the retriever's settings" if gate.call.least_score is None else f"{gate.call.least_score:g}"
    return f"calls {calls}; lines: {lines} ({'fitted' if gate.fitted else 'not fitted'})"


def _model(manifest: Manifest) -> str:
    tuned = f"adapter {manifest.adapter[:12]}" if manifest.adapter else "untuned"
    return f"{manifest.base}, {tuned}, {manifest.quantization}"
