"""Calls with real ids in the examples that a library's documentation strings hold."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from callwright_grounding.catalogue.calls import dotted_name
from callwright_grounding.catalogue.entry import CatalogueEntry
from callwright_grounding.catalogue.harvest_registries import (
    features_task,
    is_decoder_of_another,
    mapped_task,
)
from callwright_grounding.catalogue.harvest_source import (
    Library,
    family_of,
    is_checkpoint,
    statements,
    words_of,
)
from callwright_grounding.catalogue.harvest_tasks import (
    PIPELINE_TASKS,
    Task,
    class_task,
    pipeline_class_task,
    refined,
)

_HELPERS = ("Tokenizer", "TokenizerFast", "Processor", "FeatureExtractor", "Config", "Scheduler", "Extractor")
_CONSTRUCTORS = frozenset({"SentenceTransformer", "CrossEncoder", "SparseEncoder"})
_TELLING = re.compile(r"from_pretrained\(|pipeline\(|Encoder\(|Transformer\(|^\w+ = [\"']")
_TRAINING = ("trainer", "losses", "training_args", "evaluation", "model_card")


def example_entries(library: Library) -> Iterator[CatalogueEntry]:
    """One entry for each call in an example that loads a checkpoint by its id."""
    for path, text in library.files.items():
        if not any(word in path for word in _TRAINING):
            yield from _file_entries(library, path, text)


def _file_entries(library: Library, path: str, text: str) -> Iterator[CatalogueEntry]:
    default = PurePosixPath(path).stem.replace("_", "-") if path.startswith("pipelines/") else ""
    for block in [*statements(text), *_plain_blocks(text)]:
        known: dict[str, str] = {}
        for statement in filter(_TELLING.search, block):
            try:
                tree = ast.parse(statement)
            except (SyntaxError, ValueError):
                continue
            known |= _assigned(tree)
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and (entry := _entry(library, node, known, default)):
                    yield entry


def _plain_blocks(text: str) -> Iterator[list[str]]:
    """Examples without ``>>>``, as sentence-transformers writes them, line by line."""
    for part in text.split('"""')[1::2]:
        if "from sentence_transformers import" in part:
            yield [line.strip() for line in part.splitlines()]


def _assigned(tree: ast.Module) -> dict[str, str]:
    return {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }


def _entry(library: Library, node: ast.Call, known: dict[str, str], default: str) -> CatalogueEntry | None:
    name = dotted_name(node.func) or ""
    if name == "pipeline":
        return _pipeline_entry(library, node, known, default)
    head = name.removesuffix(".from_pretrained")
    if head not in library.classes or head.endswith(_HELPERS) or (name == head and head not in _CONSTRUCTORS):
        return None
    checkpoint = _text(node.args[0], known) if node.args else ""
    task = _task(library, head)
    if task is None or not is_checkpoint(checkpoint):
        return None
    keywords = [(word.arg, _constant(word)) for word in node.keywords]
    if not all(word and value for word, value in keywords):
        return None  # it needs something that the example made before, such as a second model
    arguments = "".join(f", {word}={value}" for word, value in keywords)
    return _make(library, name, f"{name}({checkpoint!r}{arguments})", checkpoint, task)


def _pipeline_entry(
    library: Library, node: ast.Call, known: dict[str, str], default: str
) -> CatalogueEntry | None:
    words = {word.arg: _text(word.value, known) for word in node.keywords}
    task_name = _text(node.args[0], known) if node.args else words.get("task", default)
    checkpoint, task = words.get("model", ""), PIPELINE_TASKS.get(task_name)
    if task is None or not is_checkpoint(checkpoint):
        return None
    return _make(library, "pipeline", f"pipeline({task_name!r}, model={checkpoint!r})", checkpoint, task)


def _make(library: Library, name: str, call: str, checkpoint: str, task: Task) -> CatalogueEntry:
    head = name.split(".")[0]
    intro = library.introductions.get(head, "") if head != "pipeline" else ""
    family = "" if head.startswith("Auto") or family_of(head) == head else f" with {family_of(head)}"
    task = refined(task, checkpoint)
    return CatalogueEntry(
        name=checkpoint,
        call=call,
        domain=task.domain,
        description=". ".join(filter(None, [f"{task.phrase}{family}", intro, words_of(checkpoint)])),
        framework=library.package,
        imports=(f"from {library.package} import {head}",) + (("import torch",) if "torch." in call else ()),
        requirements=(library.package.replace("_", "-"),),
        source=library.source,
    )


def _task(library: Library, head: str) -> Task | None:
    if library.package == "diffusers":
        return pipeline_class_task(head) if head.endswith("Pipeline") else None
    if head.endswith("ForCausalLM") and is_decoder_of_another(library, head):
        return None
    if task := class_task(head) or mapped_task(library, head):
        return task
    return features_task(library, family_of(head).lower()) if head.endswith("Model") else None


def _text(node: ast.expr, known: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return known.get(node.id, "")
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _constant(word: ast.keyword) -> str:
    """A keyword's value where it needs nothing but torch, else an empty text."""
    value = word.value
    if isinstance(value, ast.Constant):
        return ast.unparse(value)
    name = dotted_name(value) if isinstance(value, ast.Attribute) else None
    return name if name and name.startswith("torch.") else ""
