"""Strings that name something: a pipeline's task, a repository's id."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from callwright_grounding.resolution.values import Class, Function, Value

if TYPE_CHECKING:
    from callwright_grounding.resolution.resolver import Resolver

_PIPELINES = "transformers.pipelines"
_LOCAL = re.compile(r"^[./~\\]|^[A-Za-z]:|\.(json|bin|pt|pth|ckpt|safetensors|onnx|txt|gguf)$|^\w+$")
_PIPELINE_IDS = ("model", "tokenizer", "feature_extractor", "image_processor", "processor", "config")


@dataclass(frozen=True)
class RepositoryArgument:
    """A string literal that a call loads from."""

    node: ast.Constant

    @property
    def text(self) -> str:
        """The id."""
        return str(self.node.value)

    @property
    def plausible(self) -> bool:
        """Whether it is an ``owner/name``: plain words may be folders, and paths are paths."""
        return bool(self.text) and not _LOCAL.search(self.text) and self.text.count("/") <= 1


def tasks(resolver: Resolver) -> frozenset[str]:
    """Pipeline tasks that the installed transformers knows; empty where it is not installed or not read."""
    summary = resolver.summary(_PIPELINES)
    if summary is None:
        return frozenset()
    found = summary.keys.get("SUPPORTED_TASKS", [])
    return frozenset(found + summary.keys.get("TASK_ALIASES", [])) if found else frozenset()


def is_pipeline(value: Value | None) -> bool:
    """Whether a value is ``transformers.pipeline``."""
    return isinstance(value, Function) and value.module == _PIPELINES and value.name == "pipeline"


def task_argument(value: Value | None, node: ast.Call) -> ast.Constant | None:
    """The literal task of a pipeline call."""
    if not is_pipeline(value):
        return None
    given = (
        node.args[0]
        if node.args
        else next((word.value for word in node.keywords if word.arg == "task"), None)
    )
    return given if isinstance(given, ast.Constant) and isinstance(given.value, str) else None


def repository_argument(value: Value | None, node: ast.Call) -> RepositoryArgument | None:
    """The literal repository id of a ``from_pretrained`` or pipeline call."""
    given: ast.expr | None = None
    if is_pipeline(value):
        given = next((word.value for word in node.keywords if word.arg in _PIPELINE_IDS), None)
        given = node.args[1] if given is None and len(node.args) > 1 else given
    elif loads_repository(value):
        named = ("pretrained_model_name_or_path", "model_id", "repo_id")
        given = (
            node.args[0]
            if node.args
            else next((word.value for word in node.keywords if word.arg in named), None)
        )
    if isinstance(given, ast.Constant) and isinstance(given.value, str):
        return RepositoryArgument(given)
    return None


def loads_repository(value: Value | None) -> bool:
    """Whether a value is some class's ``from_pretrained``."""
    if not isinstance(value, Function) or value.name.rpartition(".")[2] != "from_pretrained":
        return False
    owner = value.owner
    return isinstance(owner, Class) and owner.module.partition(".")[0] in (
        "transformers",
        "diffusers",
        "peft",
    )
