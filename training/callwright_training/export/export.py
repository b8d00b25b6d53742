"""Adapter and base to bundle: merge, write the graph, quantize, compare with torch, put in place.

A bundle appears as a whole or not at all: it is made in a folder beside its place and renamed at the end.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from callwright_server import __version__
from callwright_server.bundle import (
    CATALOGUE,
    MANIFEST,
    TOKENIZER,
    Bundle,
    Manifest,
    Parity,
    describe_file,
)
from callwright_server.engine import Engine, EngineSettings
from callwright_server.errors import BundleError
from callwright_server.prompt import PROMPT_VERSION
from callwright_training.errors import ExportError
from callwright_training.export.architecture import architecture_of, write_graph
from callwright_training.export.cache import cache_scales
from callwright_training.export.merge import adapter_hash, evaluation_of, merge
from callwright_training.export.parity import measure_parity, require_agreement
from callwright_training.export.request import ExportRequest
from callwright_training.export.tokens import write_tokenizer

Step = Callable[[str, float], None]

_NOT_MEASURED = Parity(positions=0, agreement=0, mean_kl=0, text="not measured yet")


def is_up_to_date(request: ExportRequest) -> bool:
    """Whether an undamaged bundle made from exactly this is in place already."""
    try:
        bundle = Bundle.open(request.out)
    except BundleError:
        return False
    return bundle.manifest.inputs == request.fingerprint()


def export_bundle(request: ExportRequest, step: Step) -> Bundle:
    """Make a bundle.

    Args:
        request: What, and where to.
        step: Reports progress: what happens now, and the share of the whole that is done.

    Returns:
        The opened bundle in its place.

    Raises:
        ExportError: The model cannot be written, or the result does not agree with it well enough.
        BaseModelError: The base cannot be had.
    """
    from callwright_training.bases import load_base

    step("loading the base", 0.0)
    base = load_base(request.base)
    step("merging the adapter", 0.2)
    model = merge(base, request.adapter)
    with _in_place_of(request.out) as folder:
        manifest = _write(request, folder, base.tokenizer, model, step)
        step("comparing with torch", 0.8)
        parity = _parity(Bundle(folder, manifest), model)
        require_agreement(parity, request.threshold)
        manifest.model_copy(update={"parity": parity}).save(folder)
    return Bundle.open(request.out)


def _write(request: ExportRequest, folder: Path, tokenizer: Any, model: Any, step: Step) -> Manifest:
    """Every file of the bundle; the manifest is returned, not saved."""
    step("checking the tokenizer", 0.25)
    write_tokenizer(folder / TOKENIZER, tokenizer)
    architecture = architecture_of(model, tokenizer)
    weight_bytes = _write_graph(request, folder, tokenizer, model, architecture, step)
    step("reading the catalogue", 0.6)
    catalogue = request.catalogue.load()
    catalogue.save(folder / CATALOGUE)
    for extra in request.extras:
        extra.build(folder, catalogue, lambda what, done: step(what, 0.62 + 0.13 * done))
    step("computing checksums", 0.75)
    return Manifest(
        prompt_version=PROMPT_VERSION,
        created_by=f"callwright {__version__}",
        name=request.name,
        base=request.base,
        adapter=adapter_hash(request.adapter),
        architecture=architecture,
        quantization=request.quantization,
        weight_bytes=weight_bytes,
        catalogue_version=catalogue.version,
        catalogue_source=request.catalogue.words,
        parity=_NOT_MEASURED,
        evaluation=evaluation_of(request.adapter),
        inputs=request.fingerprint(),
        files=_describe_all(folder),
    )


def _write_graph(
    request: ExportRequest, folder: Path, tokenizer: Any, model: Any, architecture: Any, step: Step
) -> int:
    done = 0

    def on_layer() -> None:
        nonlocal done
        done += 1
        step(f"writing layer {done}/{architecture.layers}", 0.3 + 0.3 * done / architecture.layers)

    step("measuring keys and values", 0.27)
    scales = [] if request.quantization == "fp32" else cache_scales(model, tokenizer)
    return write_graph(folder, model, architecture, request.quantization, scales, on_layer)


def _parity(bundle: Bundle, model: Any) -> Parity:
    settings = EngineSettings(slots=1, prefix_cache_megabytes=0)
    return measure_parity(Engine(bundle, settings), model)


def _describe_all(folder: Path) -> dict[str, Any]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): describe_file(path) for path in files}


@contextmanager
def _in_place_of(out: Path) -> Iterator[Path]:
    """A new folder that takes the place of ``out`` if all goes well and vanishes if not.

    Raises:
        ExportError: The place cannot be written to, or holds something that is no bundle.
    """
    if out.exists() and not (out / MANIFEST).is_file() and any(out.iterdir()):
        raise ExportError(f"{out}: holds something that is not a bundle; choose another --out.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise ExportError(f"{out}: cannot be written: {error.strerror}; choose another --out.") from error
    try:
        yield folder
        folder.chmod(0o755)
        if out.exists():
            out.rename(folder / ".replaced")
        folder.rename(out)
        shutil.rmtree(out / ".replaced", ignore_errors=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
