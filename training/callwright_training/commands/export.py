"""``rlaif-train export``: from adapter and base to a bundle."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from callwright_server.bundle import Bundle, Quantization
    from callwright_training.export import CatalogueSource, ExportRequest

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.option("--default", "default", is_flag=True, help="Build the bundle that the server uses by default.")
@click.option("--adapter", type=_FOLDER, help="Folder of an adapter, as `rlaif-train sft` writes it.")
@click.option(
    "--base", help="Base model: a known name, a folder or a hub id; the adapter's own if not given."
)
@click.option(
    "--catalogue",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Catalogue file; else Gorilla's under $CALLWRIGHT_DATA, else what the installed libraries document.",
)
@click.option("--out", type=_FOLDER, help="The bundle's folder; if not given, where the server looks.")
@click.option("--name", help="The bundle's name; if not given, the adapter's or the base's.")
@click.option(
    "--quantization",
    type=click.Choice(["int8", "int8-dynamic", "int4", "fp32"]),
    default="int8",
    show_default=True,
    help="How weights are stored.",
)
@click.option(
    "--least-agreement",
    type=click.FloatRange(0, 1),
    help="Refuse a bundle that agrees with torch less often; each quantization has its own default.",
)
@click.option("--force", is_flag=True, help="Build it even if an equal one is in place.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as JSON.")
def export(
    default: bool,
    adapter: Path | None,
    base: str | None,
    catalogue: Path | None,
    out: Path | None,
    name: str | None,
    quantization: Quantization,
    least_agreement: float | None,
    force: bool,
    as_json: bool,
) -> None:
    """Make a bundle that the server can serve.

    The adapter is merged into its base, written as an ONNX graph with a key-value cache, quantized, and
    compared with the torch model on real Python text. A bundle that agrees too seldom is refused. Nothing is
    done where the same bundle is in place already.

    \b
    Examples:
      rlaif-train export --default
      rlaif-train export --adapter out/sft --name team --catalogue team.jsonl
      rlaif-train export --base gpt2-large --quantization int4 --least-agreement 0.5
    """  # noqa: D301
    from callwright_training.export.default import default_request

    if default and (adapter or base or name or out):
        raise click.UsageError("--default says it all; leave out --adapter, --base, --name and --out.")
    request = (
        default_request(_source(catalogue)) if default else _request(adapter, base, catalogue, out, name)
    )
    _run(_with(request, quantization, least_agreement), force=force, as_json=as_json)


def _request(
    adapter: Path | None, base: str | None, catalogue: Path | None, out: Path | None, name: str | None
) -> ExportRequest:
    from callwright_server.bundle import bundles_folder
    from callwright_training.export import ExportRequest
    from callwright_training.export.catalogues import default_catalogue
    from callwright_training.export.default import DEFAULT_BASE, standard_extras
    from callwright_training.export.merge import base_of

    if not adapter and not base:
        raise click.UsageError("Say what to export: --default, --adapter DIR or --base NAME.")
    base = base or (base_of(adapter) if adapter else "") or DEFAULT_BASE
    name = name or (adapter.resolve().name if adapter else Path(base).name)
    return ExportRequest(
        base=base,
        adapter=adapter,
        catalogue=_source(catalogue) or default_catalogue(),
        out=out or bundles_folder() / name,
        name=name,
        extras=standard_extras(adapter),
    )


def _source(catalogue: Path | None) -> CatalogueSource | None:
    from callwright_training.export.catalogues import file_catalogue

    return file_catalogue(catalogue) if catalogue else None


def _with(request: ExportRequest, quantization: Quantization, least_agreement: float | None) -> ExportRequest:
    from dataclasses import replace

    return replace(request, quantization=quantization, least_agreement=least_agreement)


def _run(request: ExportRequest, *, force: bool, as_json: bool) -> None:
    from callwright_server.bundle import Bundle
    from callwright_training.export import export_bundle, is_up_to_date
    from callwright_training.progress import steps

    if not force and is_up_to_date(request):
        _show(Bundle.open(request.out), "is up to date", as_json)
        return
    began = time.monotonic()
    with steps(f"Exporting {request.name}") as step:
        bundle = export_bundle(request, step)
    _show(bundle, f"made in {time.monotonic() - began:.0f} s", as_json)


def _show(bundle: Bundle, what: str, as_json: bool) -> None:
    manifest = bundle.manifest
    if as_json:
        click.echo(json.dumps({"path": str(bundle.path)} | manifest.model_dump(), indent=2))
        return
    tuned = f"adapter {manifest.adapter[:12]}" if manifest.adapter else "untuned"
    parity = manifest.parity
    click.echo(f"{bundle.path}: {what}")
    click.echo(f"  {manifest.base}, {tuned}, {manifest.quantization}, {bundle.size / 1e6:.0f} MB")
    click.echo(f"  catalogue {manifest.catalogue_version}: {manifest.catalogue_source}")
    agreement = f"{parity.agreement:.1%} of {parity.positions} positions, mean KL {parity.mean_kl:.4f}"
    click.echo(f"  agrees with torch at {agreement}")
