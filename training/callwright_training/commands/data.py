"""``rlaif-train data``: look at record and catalogue files, and write the catalogue of a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from callwright_grounding.catalogue import Catalogue, CatalogueEntry
    from callwright_training.records.survey import FileSurvey


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--catalogue", "out", type=click.Path(dir_okay=False, path_type=Path), help="Write the entries read here."
)
@click.option("--harvest", is_flag=True, help="Add what the installed libraries document.")
@click.option(
    "--site-packages",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Where --harvest looks; this interpreter's own folders if not given. Repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="Print counts and skipped lines as JSON.")
def data(
    files: tuple[Path, ...], out: Path | None, harvest: bool, site_packages: tuple[Path, ...], as_json: bool
) -> None:
    """Read records and catalogues, and list what cannot be read.

    FILES are records (APIBench's or your own) or catalogues (Gorilla's api/*.jsonl); without any, Gorilla's
    files under $CALLWRIGHT_DATA are read. Entries whose call is no Python are left out of the written
    catalogue; calls get the keyword arguments with which records and examples write them.

    \b
    Examples:
      rlaif-train data huggingface_train.json huggingface_eval.json
      rlaif-train data api/huggingface_api.jsonl --catalogue catalogue.jsonl
      rlaif-train data --harvest --catalogue catalogue.jsonl
    """  # noqa: D301
    from callwright_grounding.catalogue import Catalogue
    from callwright_training.choice.spelling import spelled
    from callwright_training.records.survey import callable_entries, gorilla_files, survey

    paths = files or (() if harvest else tuple(gorilla_files()))
    surveys = [survey(path) for path in paths]
    harvested = _harvested(site_packages) if harvest else ()
    records = [record for found in surveys for record in found.records]
    catalogue = Catalogue([*spelled(callable_entries(surveys), records), *harvested])
    if out:
        _write(catalogue, out)
    if as_json:
        _print_json(surveys, catalogue, len(harvested), out)
    else:
        _print(surveys, harvested)
        if out:
            click.echo(f"{out}: {len(catalogue)} entries with different calls, version {catalogue.version}")


def _harvested(site_packages: Sequence[Path]) -> Sequence[CatalogueEntry]:
    import sysconfig

    from callwright_grounding.catalogue.harvest import harvest
    from callwright_training.progress import steps

    folders = site_packages or [Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")]
    with steps("Reading the installed libraries' documentation"):
        return harvest(folders).entries


def _write(catalogue: Catalogue, out: Path) -> None:
    from callwright_training.errors import RecordsError

    if not len(catalogue):
        raise RecordsError(
            f"{out}: not written: no catalogue entry was read (give a catalogue file, or --harvest)"
        )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        catalogue.save(out)
    except OSError as error:
        raise RecordsError(f"{out}: cannot write the catalogue: {error.strerror or error}") from error


def _print(surveys: Sequence[FileSurvey], harvested: Sequence[CatalogueEntry]) -> None:
    from collections import Counter

    for found in surveys:
        repairs = ", ".join(f"{count} {rule}" for rule, count in found.repairs.most_common())
        count = len(found.records) + len(found.entries)
        click.echo(
            f"{found.path}: {count} {found.kind}, {len(found.domains)} domains, {len(found.skipped)} skipped"
            + (f" (code: {repairs})" if repairs else "")
        )
    for source, count in Counter(entry.source for entry in harvested).items():
        click.echo(f"{source}: {count} entries harvested")
    domains = sum((found.domains for found in surveys), Counter(entry.domain for entry in harvested))
    click.echo("")
    for domain, count in domains.most_common():
        click.echo(f"{count:6d}  {domain}")
    for line in [item for found in surveys for item in found.skipped]:
        click.echo(f"skipped {line}")


def _print_json(
    surveys: Sequence[FileSurvey], catalogue: Catalogue, harvested: int, out: Path | None
) -> None:
    import json

    found = {"path": str(out) if out else None, "entries": len(catalogue), "version": catalogue.version}
    report = {"files": [item.as_json() for item in surveys], "harvested": harvested, "catalogue": found}
    click.echo(json.dumps(report, ensure_ascii=False, indent=2))
