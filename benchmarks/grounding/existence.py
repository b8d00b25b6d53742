"""Names that masks offer: how many of them do not exist, judged by importing the libraries."""

from __future__ import annotations

import random
from pathlib import Path

from live import LiveJudge, Question

from callwright_grounding.resolution.members import is_closed, member_names
from callwright_grounding.resolution.resolver import Resolver
from callwright_grounding.resolution.signatures import keywords
from callwright_grounding.resolution.values import Class, Function, Module

JUDGED_MODULES = (
    "numpy", "numpy.linalg", "numpy.random", "pandas", "pandas.api.types", "requests", "torch", "torch.nn",
    "torch.nn.functional", "torch.optim", "torch.utils.data", "transformers",
)  # fmt: skip
HELD_OUT_MODULES = (
    "accelerate", "click", "collections", "datasets", "httpx", "huggingface_hub", "itertools", "json",
    "os", "pathlib", "peft", "pydantic", "scipy.linalg", "scipy.stats", "sklearn.linear_model",
    "sklearn.metrics", "tokenizers",
)  # fmt: skip
JUDGED_CLASSES = (
    "torch.Tensor", "torch.nn.Module", "numpy.ndarray", "pandas.DataFrame", "pandas.Series",
    "requests.Response", "requests.Session", "transformers.PreTrainedModel",
    "transformers.PreTrainedTokenizerBase", "transformers.Trainer",
)  # fmt: skip


def offered_names(resolver: Resolver, paths: tuple[str, ...]) -> list[Question]:
    """Names that masks offer on some modules and classes, and keywords of their callables."""
    questions: list[Question] = []
    for path in paths:
        value = resolver.path(path)
        if not isinstance(value, Module | Class) or not is_closed(resolver, value):
            continue
        names = [name for name in member_names(resolver, value) if not name.startswith("_")]
        questions += [
            {"kind": "attribute", "owner": path, "name": name, "imports_submodules": False} for name in names
        ]
        if isinstance(value, Module):
            questions += _keyword_questions(resolver, value, path, names)
    random.Random(11).shuffle(questions)
    return questions


def _keyword_questions(resolver: Resolver, value: Module, path: str, names: list[str]) -> list[Question]:
    questions: list[Question] = []
    for name in names[:400]:
        found = resolver.attribute(value, name).value
        if isinstance(found, Function | Class):
            known = keywords(resolver, found)
            if not known.open:
                owner = f"{path}.{name}"
                questions += [{"kind": "keyword", "owner": owner, "name": word} for word in known.names[:3]]
    return questions


def measure_existence(
    resolver: Resolver, python: Path, count: int, paths: tuple[str, ...]
) -> dict[str, object]:
    """Of offered names, how many do not exist."""
    questions = offered_names(resolver, paths)[: count * 2]
    with LiveJudge(python) as judge:
        answers = judge(questions)
    pairs = [(q, a) for q, a in zip(questions, answers, strict=False) if a is not None][:count]
    wrong = [f"{q['kind']} {q['owner']}.{q['name']}" for q, a in pairs if not a]
    return {"names judged": len(pairs), "of them do not exist": len(wrong), "which": wrong[:20]}
