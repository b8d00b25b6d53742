r"""Our own record form, for a team's records: one JSON object a line.

::

    {"instruction": "Read an audio file", "api_call": "acme.audio.load('speech-v2')",
     "code": "import acme\n…", "domain": "Audio", "explanation": "…"}

``instruction`` and ``api_call`` (a Python call) are needed, the rest may be missing. Known besides:
``input``, ``provider``, ``name`` (the API's, else the call), ``description`` (of the API), ``imports`` (a
list of statements).
"""

from __future__ import annotations

from typing import Any

from callwright_grounding.catalogue import CatalogueEntry, parse_call
from callwright_training.records.apibench import FormError, text_of
from callwright_training.records.domains import merged_domain, merged_provider
from callwright_training.records.record import Record
from callwright_training.records.repair import repair_code

_TEXTS = (
    "instruction",
    "api_call",
    "code",
    "domain",
    "explanation",
    "input",
    "provider",
    "name",
    "description",
)
_FIELDS = frozenset({*_TEXTS, "imports"})


def plain_record(values: dict[str, Any], *, stem: str, file: str, line: int, question_id: int) -> Record:
    """Read one line of our own form.

    Raises:
        FormError: A needed field is missing, a field is unknown or is no text, or the call is no Python call.
    """
    if unknown := sorted(set(values) - _FIELDS):
        raise FormError(f"unknown field {unknown[0]!r}; known are {', '.join(sorted(_FIELDS))}")
    if wrong := [name for name in _TEXTS if not isinstance(values.get(name, ""), str)]:
        raise FormError(f"the field {wrong[0]!r} is not a text")
    texts = {name: text_of(values.get(name, "")) for name in _TEXTS}
    if missing := [name for name in ("instruction", "api_call") if not texts[name]]:
        raise FormError(f"the field {missing[0]!r} is missing or empty")
    if parse_call(texts["api_call"]) is None:
        raise FormError(f"the api_call is not a Python call: {texts['api_call']}")
    source = f"{file}:{line}"
    api = _api(texts, values.get("imports", []), source)
    code, rule = repair_code(texts["code"])
    return Record(
        id=f"{stem}:{line}",
        question_id=question_id,
        instruction=texts["instruction"],
        input=texts["input"],
        domain=api.domain,
        domain_raw=texts["domain"],
        provider=merged_provider(texts["provider"]),
        api=api,
        call=api.text,
        call_raw=texts["api_call"],
        explanation=texts["explanation"],
        code=code,
        code_raw=texts["code"],
        code_repair=rule,
        source=source,
    )


def _api(texts: dict[str, str], imports: object, source: str) -> CatalogueEntry:
    if not isinstance(imports, list) or not all(isinstance(statement, str) for statement in imports):
        raise FormError("the field 'imports' is not a list of texts")
    return CatalogueEntry(
        name=texts["name"] or texts["api_call"],
        call=texts["api_call"],
        domain=merged_domain(texts["domain"]),
        description=texts["description"],
        framework=texts["provider"],
        imports=tuple(map(text_of, imports)),
        source=source,
    )
