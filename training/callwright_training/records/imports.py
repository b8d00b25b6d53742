"""The import that a call needs, where that is certain: by its example, its siblings or a fixed rule."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from callwright_grounding.catalogue import CatalogueEntry, parse_call

_FROM = re.compile(r"(?:^|[\n;])\s*from\s+([A-Za-z_][\w.]*)\s+import\s+(\([^)]*\)|[^\n;#]+)")
_IMPORT = re.compile(r"(?:^|[\n;])\s*import\s+([A-Za-z_][\w.]*)(?:\s+as\s+([A-Za-z_]\w*))?")
_NAME = re.compile(r"\s*([A-Za-z_]\w*)(?:\s+as\s+([A-Za-z_]\w*))?\s*$")
# Heads whose import does not depend on the entry.
_CERTAIN = {
    "CrossEncoder": "from sentence_transformers import CrossEncoder",
    "SentenceTransformer": "from sentence_transformers import SentenceTransformer",
    "hub": "import tensorflow_hub as hub",
    "joblib": "import joblib",
    "pipeline": "from transformers import pipeline",
    "timm": "import timm",
    "torch": "import torch",
}
_TRANSFORMERS_AUTO = re.compile(r"Auto(?:Model(?:For\w+|WithLMHead)?|Tokenizer|Processor|Config)$")


def imports_in(example: str, call: str) -> tuple[str, ...]:
    """The import in the example that brings what the call's dotted name begins with; empty without one."""
    parsed = parse_call(call)
    if parsed is None:
        return ()
    head = parsed.callable.split(".")[0]
    for module, names in _FROM.findall(example):
        for name, alias in _names(names):
            if (alias or name) == head:
                return (f"from {module} import {name}" + (f" as {alias}" if alias else ""),)
    for module, alias in _IMPORT.findall(example):
        if (alias or module.split(".")[0]) == head:
            return (f"import {module}" + (f" as {alias}" if alias else ""),)
    return ()


def with_imports(entries: Iterable[CatalogueEntry]) -> list[CatalogueEntry]:
    """The entries, those without imports given the ones that their siblings or a rule make certain.

    A sibling is an entry that calls the same name; its import counts if no sibling has another one.
    """
    entries = list(entries)
    seen: dict[str, Counter[tuple[str, ...]]] = {}
    for entry in entries:
        if entry.imports and entry.parsed:
            seen.setdefault(_head(entry), Counter())[entry.imports] += 1
    agreed = {head: next(iter(found)) for head, found in seen.items() if len(found) == 1}
    return [entry if entry.imports or not entry.parsed else _given(entry, agreed) for entry in entries]


def _given(entry: CatalogueEntry, agreed: dict[str, tuple[str, ...]]) -> CatalogueEntry:
    head = _head(entry)
    if head in _CERTAIN:
        return replace(entry, imports=(_CERTAIN[head],))
    if _TRANSFORMERS_AUTO.match(head):
        return replace(entry, imports=(f"from transformers import {head}",))
    return replace(entry, imports=agreed.get(head, ()))


def _head(entry: CatalogueEntry) -> str:
    return entry.parsed.callable.split(".")[0] if entry.parsed else ""


def _names(names: str) -> list[tuple[str, str]]:
    return [
        (match[1], match[2] or "") for part in names.strip("() \n").split(",") if (match := _NAME.match(part))
    ]
