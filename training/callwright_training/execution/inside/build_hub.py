"""Builds the hub's folder: tiny models, and an index that says which repository is made of which files.

Run by the environment's own Python as ``build_hub.py CATALOGUE.jsonl FOLDER``; prints one JSON line per
step. What is built already is kept, so that a later run with a larger catalogue adds what is new.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")

from callwright_training.execution.inside import (
    architectures,
    facts,
    labels,
    tiny_diffusion,
    tiny_models,
    tiny_tokenizers,
    torchvision_ops,  # noqa: F401 - must come before transformers
    warm_up,
)

# Repositories that libraries load on their own, or that everybody's scripts name.
COMMON = {
    "bert-base-uncased": "bert",
    "bert-base-cased": "bert",
    "bert-base-multilingual-cased": "bert",
    "bert-large-uncased": "bert",
    "distilbert-base-uncased": "distilbert",
    "distilbert-base-uncased-finetuned-sst-2-english": "distilbert",
    "distilbert-base-cased-distilled-squad": "distilbert",
    "dbmdz/bert-large-cased-finetuned-conll03-english": "bert",
    "roberta-base": "roberta",
    "roberta-large": "roberta",
    "distilroberta-base": "roberta",
    "xlm-roberta-base": "xlm-roberta",
    "facebook/bart-base": "bart",
    "facebook/bart-large": "bart",
    "facebook/bart-large-mnli": "bart",
    "sshleifer/distilbart-cnn-12-6": "bart",
    "t5-small": "t5",
    "t5-base": "t5",
    "gpt2": "gpt2",
    "gpt2-large": "gpt2",
    "distilgpt2": "gpt2",
    "microsoft/DialoGPT-medium": "gpt2",
    "google/tapas-base-finetuned-wtq": "tapas",
    "google/vit-base-patch16-224": "vit",
    "google/vit-base-patch16-224-in21k": "vit",
    "facebook/detr-resnet-50": "detr",
    "facebook/detr-resnet-50-panoptic": "detr",
    "facebook/wav2vec2-base": "wav2vec2",
    "facebook/wav2vec2-base-960h": "wav2vec2",
    "facebook/wav2vec2-large-960h": "wav2vec2",
    "superb/wav2vec2-base-superb-ks": "wav2vec2",
    "openai/clip-vit-base-patch32": "clip",
    "openai/clip-vit-base-patch16": "clip",
    "openai/clip-vit-large-patch14": "clip",
    "openai/whisper-tiny": "whisper",
    "openai/whisper-base": "whisper",
    "microsoft/speecht5_tts": "speecht5",
    "microsoft/speecht5_hifigan": "hifigan",
    "dandelin/vilt-b32-finetuned-vqa": "vilt",
    "impira/layoutlm-document-qa": "layoutlm",
    "ydshieh/vit-gpt2-coco-en": "vision-encoder-decoder",
    "Intel/dpt-large": "dpt",
    "MCG-NJU/videomae-base-finetuned-kinetics": "videomae",
    "google/owlvit-base-patch32": "owlvit",
    "runwayml/stable-diffusion-v1-5": "diffusion-text",
    "runwayml/stable-diffusion-inpainting": "diffusion-inpaint",
    "CompVis/stable-diffusion-v1-4": "diffusion-text",
    "stabilityai/stable-diffusion-2": "diffusion-text",
    "stabilityai/stable-diffusion-2-base": "diffusion-text",
    "stabilityai/stable-diffusion-2-1": "diffusion-text",
    "stabilityai/stable-diffusion-2-1-base": "diffusion-text",
    "stabilityai/sd-vae-ft-mse": "diffusion-vae",
    "stabilityai/sd-vae-ft-ema": "diffusion-vae",
}
_SENTENCE_TYPES = frozenset(["bert", "mpnet", "roberta", "distilbert", "xlm-roberta", "albert", "t5"])


def main() -> None:
    """Build what the catalogue names."""
    catalogue, folder = Path(sys.argv[1]), Path(sys.argv[2])
    warnings.filterwarnings("ignore")
    import transformers

    _compile_ahead(folder / "numba")
    transformers.logging.set_verbosity_error()
    entries = [json.loads(line) for line in catalogue.read_text(encoding="utf-8").splitlines()]
    hub = Hub(folder)
    for name, model_type in COMMON.items():
        hub.add(name, model_type, labels.domain_of(name))
    for entry in entries:
        found = architectures.guess(entry, class_types())
        for name in found.repositories:
            hub.add(
                name,
                _type_of(name, found, entry["domain"]),
                entry["domain"],
                f"{entry['call']} {entry['example']}",
            )
    hub.add_data()
    hub.save()
    _say(done=len(hub.repositories), failed=hub.failed)


def _compile_ahead(folder: Path) -> None:
    """Let numba compile what librosa needs, once, instead of in each sandbox."""
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    with contextlib.suppress(Exception):
        warm_up.use_librosa()


def class_types() -> dict[str, str]:
    """Model type of every model class that an Auto class knows."""
    from transformers.models.auto import modeling_auto

    if not _CLASS_TYPES:
        for name in dir(modeling_auto):
            if name.startswith("MODEL") and name.endswith("_MAPPING_NAMES"):
                for model_type, classes in getattr(modeling_auto, name).items():
                    for kind in classes if isinstance(classes, tuple | list) else [classes]:
                        _CLASS_TYPES.setdefault(kind, model_type)
        _CLASS_TYPES["VisionEncoderDecoderModel"] = "vision-encoder-decoder"
    return _CLASS_TYPES


_CLASS_TYPES: dict[str, str] = {}


def _type_of(name: str, found: architectures.Guess, domain: str) -> str:
    if name.lower() in architectures.KNOWN:
        return architectures.KNOWN[name.lower()]
    if found.model_type == "diffusion":
        own = architectures.type_by_name(name) if name != found.repositories[0] else ""
        return own if own in {"clip", "dpt", "segformer", "upernet"} else tiny_diffusion.kind_of(name, domain)
    if name != found.repositories[0] and (own := architectures.type_by_name(name)):
        return own
    return found.model_type


class Hub:
    """The folder being filled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.models = folder / "models"
        self.repositories: dict[str, dict[str, Any]] = {}
        self.failed: dict[str, str] = {}
        self.models.mkdir(parents=True, exist_ok=True)
        if not (folder / "vocabularies" / "letters.json").exists():
            tiny_tokenizers.train(folder / "vocabularies")

    def add(self, name: str, model_type: str, domain: str, text: str = "") -> None:
        """Add a repository, unless it is there or its type cannot be built."""
        if name in self.repositories:
            return
        files = self._tabular(name, domain, text) if not model_type else None
        if files is None:
            if not model_type or not self._built(model_type):
                return
            model = self.models / model_type
            files = {
                str(path.relative_to(model)): str(path.relative_to(self.folder)) for path in _below(model)
            }
            if not model_type.startswith("diffusion"):
                files |= self._own_files(name, model_type, domain, text)
        self.repositories[name] = {
            "files": files,
            "task": labels.task_of(domain),
            "library": "diffusers" if model_type.startswith("diffusion") else "transformers",
            "type": architectures.VARIANTS.get(model_type, (model_type, ""))[0],
        }

    def add_data(self) -> None:
        """Add the data sets that processors load on their own: OneFormer's lists of classes."""
        classes = {str(number): {"name": f"thing {number}", "isthing": number % 2} for number in range(150)}
        names = ("coco_panoptic.json", "ade20k_panoptic.json", "cityscapes_panoptic.json")
        files = dict.fromkeys(names, self._store(json.dumps(classes)))
        self.repositories["datasets/shi-labs/oneformer_demo"] = {"files": files, "type": ""}

    def save(self) -> None:
        """Write the facts and the index, the index whole or not at all."""
        (self.folder / "facts.json").write_text(json.dumps(facts.gather()), encoding="utf-8")
        part = self.folder / "index.json.part"
        part.write_text(
            json.dumps({"repositories": self.repositories, "failed": self.failed}), encoding="utf-8"
        )
        part.rename(self.folder / "index.json")

    def _built(self, model_type: str) -> bool:
        if model_type not in self.failed and not (self.models / model_type).is_dir():
            try:
                self._build(model_type)
            except Exception as error:  # one type that cannot be built is no reason to have none
                self.failed[model_type] = f"{type(error).__name__}: {error}"[:300]
            _say(model=model_type, failed=self.failed.get(model_type))
        return model_type not in self.failed

    def _build(self, model_type: str) -> None:
        if not model_type.startswith("diffusion-"):
            tiny_models.build(model_type, self.models / model_type, self.folder / "vocabularies")
        elif self._built("clip"):
            tiny_diffusion.build(self.models, self.models / "clip")

    def _own_files(self, name: str, model_type: str, domain: str, text: str) -> dict[str, str]:
        own = labels.config_files(self.models / model_type, name, domain, text)
        if model_type in _SENTENCE_TYPES and (
            "SentenceTransformer" in text
            or "Sentence Similarity" in domain
            or name.startswith("sentence-transformers/")
        ):
            own |= labels.SENTENCE_FILES
        return {file: self._store(content) for file, content in own.items()}

    def _tabular(self, name: str, domain: str, text: str) -> dict[str, str] | None:
        """The files of a tabular model: a scikit-learn pickle under the names that scripts ask for."""
        if "Tabular" not in domain or "/" not in name:
            return None
        path = self.folder / "tabular" / "model.joblib"
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            labels.write_tabular_model(path)
        place = str(path.relative_to(self.folder))
        names = {"model.joblib", "sklearn_model.joblib", "model.pkl", *labels.pickles_in(text)}
        own = {file: self._store(content) for file, content in labels.TABULAR_FILES.items()}
        return own | dict.fromkeys(names, place)

    def _store(self, content: str) -> str:
        import hashlib

        digest = hashlib.sha256(content.encode()).hexdigest()[:24]
        path = self.folder / "texts" / digest
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_text(content, encoding="utf-8")
        return str(path.relative_to(self.folder))


def _below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _say(**facts: Any) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
