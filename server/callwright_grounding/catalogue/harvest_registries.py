"""Ids in registries: default models of pipelines, checkpoints of configurations, timm's weights."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from callwright_grounding.catalogue.entry import CatalogueEntry
from callwright_grounding.catalogue.harvest_source import (
    Library,
    family_of,
    first_sentence,
    is_checkpoint,
    words_of,
)
from callwright_grounding.catalogue.harvest_tasks import (
    ANY_FEATURES,
    CLASSIFY_IMAGE,
    FEATURES,
    MAPPINGS,
    PIPELINE_TASKS,
    Task,
    refined,
)

_CHECKPOINT = re.compile(
    r"@auto_docstring\(\s*checkpoint=\"([^\"]+)\"[^)]*\)\s*(?:@\w+\s*)*class (\w+)Config\b"
)
_MAPPING = re.compile(r"^MODEL(?:_FOR)?_?(\w*?)_?MAPPING_NAMES = OrderedDict\((.*?)^\)", re.S | re.M)
_PAIR = re.compile(r"\(\s*\"([\w-]+)\",\s*\(?\s*\"(\w+)\"")
_TIMM_WEIGHTS = re.compile(r"^\s+'([\w]+)\.([\w]*in1k[\w]*)': _cfg", re.M)
_TIMM_MODELS_PER_FILE = 3


def pipeline_entries(library: Library) -> Iterator[CatalogueEntry]:
    """The default model of each of transformers' pipeline tasks."""
    for task_name, settings in _supported_tasks(library).items():
        task, model = PIPELINE_TASKS.get(task_name), _default_model(settings)
        if task and is_checkpoint(model):
            implementation = str(settings.get("impl", "")).rpartition(".")[2]
            yield _entry(
                library,
                call=f"pipeline({task_name!r}, model={model!r})",
                checkpoint=model,
                task=task,
                imports="from transformers import pipeline",
                details=[library.introductions.get(implementation, "")],
            )


def checkpoint_entries(library: Library) -> Iterator[CatalogueEntry]:
    """The checkpoint that each of transformers' configurations names, in the auto class that fits it."""
    pairs = _pairs(library.files.get("models/auto/auto_mappings.py", ""))
    types = {config: kind for kind, config in pairs}
    named = [pair for text in library.files.values() for pair in _CHECKPOINT.findall(text)]
    for checkpoint, family in named:
        kind = types.get(f"{family}Config")
        if kind and is_checkpoint(checkpoint) and _is_of(family, checkpoint, named):
            auto, task = _auto_class(library, kind)
            yield _entry(
                library,
                call=f"{auto}.from_pretrained({checkpoint!r})",
                checkpoint=checkpoint,
                task=task,
                imports=f"from transformers import {auto}",
                details=[f"{family_of(family)} model"],
            )


def _is_of(family: str, checkpoint: str, named: list[tuple[str, str]]) -> bool:
    """Whether a checkpoint is the family's: some configurations name another family's by mistake."""
    claims = {other for name, other in named if name == checkpoint}
    return len(claims) == 1 or _letters(family) in _letters(checkpoint)


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def timm_entries(library: Library) -> Iterator[CatalogueEntry]:
    """Image classifiers with published ImageNet weights, a few of each of timm's families."""
    for path, text in library.files.items():
        if not path.startswith("models/"):
            continue
        family = first_sentence(text.partition('"""')[2].partition('"""')[0].strip().split("\n")[0])
        weights: dict[str, str] = {}
        for architecture, tag in _TIMM_WEIGHTS.findall(text):
            weights.setdefault(architecture, f"{architecture}.{tag}")
        for name in list(weights.values())[:_TIMM_MODELS_PER_FILE]:
            yield _entry(
                library,
                call=f"timm.create_model({name!r}, pretrained=True)",
                checkpoint=name,
                task=CLASSIFY_IMAGE,
                imports="import timm",
                details=[f"{family}, trained on ImageNet-1k" if family else "Trained on ImageNet-1k"],
            )


def mapped_task(library: Library, name: str) -> Task | None:
    """What one of transformers' classes is for, by the registry that lists it."""
    for mapping, (auto, task) in MAPPINGS.items():
        if name == auto or any(listed == name for _, listed in _mappings(library).get(mapping, ())):
            return task
    return None


def is_decoder_of_another(library: Library, name: str) -> bool:
    """Whether ``XForCausalLM`` is only a part of a family that fills masks or maps text to text."""
    family, listed = name.removesuffix("ForCausalLM"), _mappings(library)
    others = {
        found for mapping in ("SEQ_TO_SEQ_CAUSAL_LM", "MASKED_LM") for _, found in listed.get(mapping, ())
    }
    return bool({f"{family}ForConditionalGeneration", f"{family}ForMaskedLM", f"{family}MTModel"} & others)


def features_task(library: Library, kind: str) -> Task:
    """What the bare model of a family is for: embeddings of text where it is a family of text models."""
    mappings = _mappings(library)
    text = any(
        listed == kind for name in ("TEXT_ENCODING", "MASKED_LM") for listed, _ in mappings.get(name, ())
    )
    return FEATURES if text else ANY_FEATURES


def _auto_class(library: Library, kind: str) -> tuple[str, Task]:
    mappings = _mappings(library)
    for mapping, (auto, task) in MAPPINGS.items():
        if auto in library.classes and any(listed == kind for listed, _ in mappings.get(mapping, ())):
            return auto, task
    return "AutoModel", features_task(library, kind)


@lru_cache(maxsize=4)
def _mappings(library: Library) -> dict[str, list[tuple[str, str]]]:
    text = library.files.get("models/auto/modeling_auto.py", "")
    return {name: _pairs(body) for name, body in _MAPPING.findall(text)}


def _pairs(text: str) -> list[tuple[str, str]]:
    return _PAIR.findall(text)


def _supported_tasks(library: Library) -> dict[str, dict[str, object]]:
    """``SUPPORTED_TASKS`` with what is not a literal (the classes) left out."""
    try:
        tree = ast.parse(library.files.get("pipelines/__init__.py", ""))
    except SyntaxError:
        return {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "SUPPORTED_TASKS":
            found = _literal(node.value)
            pairs = found.items() if isinstance(found, dict) else ()
            return {name: value for name, value in pairs if isinstance(value, dict)}
    return {}


def _literal(node: ast.expr) -> object:
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return {key.value: _literal(value) for key, value in pairs if isinstance(key, ast.Constant)}
    if isinstance(node, ast.Tuple):
        return tuple(_literal(item) for item in node.elts)
    return node.value if isinstance(node, ast.Constant) else None


def _default_model(settings: object) -> str:
    """The id in ``{"default": {"model": (id, revision)}}``, which may lie under ``"pt"``."""
    for key in ("default", "model", "pt"):
        settings = settings.get(key, settings) if isinstance(settings, dict) else settings
    return settings[0] if isinstance(settings, tuple) and settings and isinstance(settings[0], str) else ""


def _entry(
    library: Library, *, call: str, checkpoint: str, task: Task, imports: str, details: list[str]
) -> CatalogueEntry:
    task = refined(task, checkpoint)
    return CatalogueEntry(
        name=checkpoint,
        call=call,
        domain=task.domain,
        description=". ".join(filter(None, [task.phrase, *details, words_of(checkpoint)])),
        framework=library.package,
        imports=(imports,),
        requirements=(library.package,),
        source=library.source,
    )
