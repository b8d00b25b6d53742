"""The models that are measured, and each engine's own file of the same weights, made once and kept.

SmolLM2-135M has its real weights; GPT-2 small and large have random ones of the true shape, which take as
long to read and say nothing else.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import environments
from race import Entrant, free_memory

from callwright_grounding.catalogue import Catalogue, CatalogueEntry
from callwright_server.bundle import Bundle, Quantization
from callwright_training.bases import load_base
from callwright_training.errors import UserError
from callwright_training.export import CatalogueSource, ExportRequest, export_bundle, is_up_to_date

SHAPES = {"gpt2": (12, 12, 768), "gpt2-large": (36, 20, 1280)}
MODELS = ("smollm2-135m", "gpt2", "gpt2-large")
_VOCABULARIES = {"smollm2-135m": 49152, "gpt2": 50257, "gpt2-large": 50257}
_MEMORY_TO_EXPORT = 3
"""Memory that optimum's exporter takes, as a multiple of the weights."""
_TO_OPTIMUM = """
import sys
from optimum.exporters.onnx import main_export
main_export(sys.argv[1], output=sys.argv[2], task="text-generation-with-past", no_post_process=True)
"""


@dataclass(frozen=True, slots=True)
class Model:
    """One model in the cache folder."""

    name: str

    @property
    def folder(self) -> Path:
        """Where its files are kept."""
        return environments.CACHE / "models" / self.name

    @property
    def vocabulary(self) -> int:
        """Tokens that it knows; any other base is only for trying out."""
        return _VOCABULARIES.get(self.name) or load_base(self.name).model.config.vocab_size

    def base(self) -> Path:
        """The weights as transformers reads them."""
        return self._made("base", self._save_base)

    def entrant(self, engine: str) -> Entrant:
        """What runs in a race: ``ours-int8``, ``llama.cpp-q8_0``, ``torch``, ``genai-int8``, ``optimum``.

        Raises:
            RuntimeError: Says why there is no such thing.
        """
        kind, _, stored = engine.partition("-")
        if kind == "ours":
            return self._ours(stored)
        if kind == "torch":
            return self._entrant("torch fp32", "torch", self.base())
        if kind == "llama.cpp":
            path = self._made(f"{stored}.gguf", lambda path: self._save_gguf(path, stored))
            weights = path.stat().st_size - self._positions(4)
            python = environments.llama_cpp()
            return self._entrant(f"llama.cpp {stored}", "llama.cpp", path, weights, python)
        if kind == "genai":
            path = self._made(f"genai-{stored}", lambda path: self._save_genai(path, stored))
            return self._entrant(f"onnxruntime-genai {stored}", "genai", path)
        path = self._made("optimum", self._save_optimum)
        python = environments.optimum()
        return self._entrant("optimum's graph fp32", "optimum", path, python=python)

    def _ours(self, stored: str) -> Entrant:
        request = self._request(stored)
        if not is_up_to_date(request):
            print(f"{self.name}: making {request.out.name} ...", file=sys.stderr)
            self._save_bundle(request)
        path = request.out
        weights = Bundle.open(path).manifest.weight_bytes
        return self._entrant(f"callwright {stored}", "ours", path, weights)

    def _entrant(
        self, name: str, kind: str, where: Path, weight_bytes: int = 0, python: str = sys.executable
    ) -> Entrant:
        return Entrant(
            name=name,
            kind=kind,
            where=str(where),
            vocabulary=self.vocabulary,
            weight_bytes=weight_bytes,
            python=python,
        )

    def _positions(self, width: int) -> int:
        """Bytes of a table of positions, of which one row is read for each token."""
        return SHAPES[self.name][2] * 1024 * width if self.name in SHAPES else 0

    def _made(self, name: str, make: Callable[[Path], None]) -> Path:
        """A file or folder that is made where it is missing, whole or not at all."""
        path = self.folder / name
        if not path.exists():
            print(f"{self.name}: making {name} ...", file=sys.stderr)
            begun = path.with_name(f"begun-{name}")
            shutil.rmtree(begun, ignore_errors=True)
            begun.parent.mkdir(parents=True, exist_ok=True)
            make(begun)
            begun.rename(path)
        return path

    def _save_base(self, path: Path) -> None:
        if self.name not in SHAPES:
            load_base(self.name).save(path)
            return
        from transformers import GPT2Config, GPT2LMHeadModel

        layers, heads, width = SHAPES[self.name]
        config = GPT2Config(n_layer=layers, n_head=heads, n_embd=width, bos_token_id=1, eos_token_id=1)
        GPT2LMHeadModel(config).save_pretrained(path)
        load_base("tiny-gpt2").tokenizer.save_pretrained(path)

    def _save_gguf(self, path: Path, stored: str) -> None:
        from gguf_file import write_gguf

        write_gguf(path, load_base(str(self.base())).model, stored)

    def _request(self, stored: str) -> ExportRequest:
        catalogue = Catalogue([CatalogueEntry(name="none", call="none()", domain="none")])
        kind: Quantization = stored  # type: ignore[assignment]
        return ExportRequest(
            base=str(self.base()),
            catalogue=CatalogueSource("none", "none", lambda: catalogue),
            out=self.folder / f"ours-{stored}",
            name=f"{self.name}-{stored}",
            quantization=kind,
            least_agreement=0,
        )

    def _save_bundle(self, request: ExportRequest) -> None:
        try:
            export_bundle(request, lambda what, done: None)
        except UserError as error:
            raise RuntimeError(f"callwright {request.quantization}: {error}") from error

    def _save_genai(self, path: Path, stored: str) -> None:
        if self.name in SHAPES:
            raise RuntimeError(f"onnxruntime-genai {stored}: its model builder writes no GPT-2 graph")
        # By its command: what its functions are called with changes from version to version.
        options = ["int4_accuracy_level=4", "int4_block_size=32"]
        options += ["int4_algo_config=rtn"] if stored == "int8" else []
        with tempfile.TemporaryDirectory() as cache:
            command = [sys.executable, "-m", "onnxruntime_genai.models.builder", "--input", str(self.base())]
            command += ["--output", str(path), "--precision", stored, "--execution_provider", "cpu"]
            command += ["--cache_dir", cache, "--extra_options", *options]
            run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode:
            raise RuntimeError(f"onnxruntime-genai {stored}: {_last_line(run.stderr)}")

    def _save_optimum(self, path: Path) -> None:
        weights = sum(file.stat().st_size for file in self.base().glob("*.safetensors"))
        free = free_memory()
        if free is not None and free < _MEMORY_TO_EXPORT * weights:
            raise RuntimeError(f"optimum's graph: exporting needs {_MEMORY_TO_EXPORT * weights / 1e9:.0f} GB")
        run = subprocess.run(
            [environments.optimum(), "-c", _TO_OPTIMUM, str(self.base()), str(path)],
            capture_output=True,
            text=True,
        )
        if run.returncode:
            raise RuntimeError(f"optimum's graph: {_last_line(run.stderr)}")


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["ended"])[-1][:200]
