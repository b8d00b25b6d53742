"""APIBench's own forms: each line made one record or one catalogue entry. Files are ``read.py``'s subject.

Three layouts of the ``code`` field exist: ``###Instruction: … ###Output: <<<domain>>>: …`` (Hugging Face,
TensorFlow Hub), the same head with a dict-like text (Torch Hub, evaluation) and a dict-like text alone (Torch
Hub, training). The dict-like texts are not Python: values hold unescaped quotes and line ends.
Source: https://github.com/ShishirPatil/gorilla, ``data/apibench`` and ``data/api``.
"""

from __future__ import annotations

import json
import re
from typing import Any

from callwright_grounding.catalogue import CatalogueEntry
from callwright_training.records.domains import merged_domain, merged_provider
from callwright_training.records.imports import imports_in
from callwright_training.records.record import Record
from callwright_training.records.repair import repair_call, repair_code

_HEAD = re.compile(r"(?m)^\s*###\s*(Instruction|Input|Output)\s*:?")
_SECTION = re.compile(r"<{3,}\s*([A-Za-z_ ]+?)\s*>{3,}\s*:?")
_KEY = re.compile(
    r"(?:^|[{,])\s*(['\"])(Instruction|Input|Output|domain|api_call|api_name|api_provider|explanation|code)\1\s*:\s*"
)
_FENCE = re.compile(r"```(?:python|py|Python)?[ \t]*\n.*?(?:```|\Z)", re.S)
_NOTHING = frozenset({"", "n/a", "none", "null", "not provided", "not specified"})


class FormError(ValueError):
    """A line is not of a form we know; the text is the reason that the user sees."""


def apibench_record(values: dict[str, Any], *, stem: str, file: str, line: int, question_id: int) -> Record:
    """Read one line of ``{huggingface,torchhub,tensorflow}_{train,eval}.json``.

    Raises:
        FormError: The line holds no instruction or no API call.
    """
    parts = output_parts(text_of(values.get("code")))
    data = values.get("api_data")
    source = f"{file}:{line}"
    api = api_entry(data if isinstance(data, dict) else _without_api_data(values, parts), source)
    call_raw = text_of(values.get("api_call")) or api.call
    if not parts.get("instruction"):
        raise FormError(
            "no instruction: the field 'code' has neither '###Instruction:' nor {'Instruction': ...}"
        )
    code, rule = repair_code(parts.get("code", ""))
    return Record(
        id=f"{stem}:{line}",
        question_id=question_id,
        instruction=parts["instruction"],
        input=parts.get("input", ""),
        domain=api.domain,
        domain_raw=text_of(data.get("domain")) if isinstance(data, dict) else api.domain,
        provider=merged_provider(text_of(values.get("provider")) or api.framework),
        api=api,
        call=_canonical(call_raw, api),
        call_raw=call_raw,
        explanation=parts.get("explanation", ""),
        code=code,
        code_raw=parts.get("code", ""),
        code_repair=rule,
        source=source,
    )


def api_entry(values: dict[str, Any], source: str) -> CatalogueEntry:
    """Read one line of ``api/*.jsonl``, or the ``api_data`` of a record.

    Raises:
        FormError: There is no ``api_call``.
    """
    call = repair_call(text_of(values.get("api_call")))
    if not call:
        raise FormError("no API call: the field 'api_call' is missing or empty")
    example = _joined(values.get("example_code"))
    return CatalogueEntry(
        name=text_of(values.get("api_name")) or call,
        call=call,
        domain=merged_domain(text_of(values.get("domain"))),
        description=" ".join(_joined(values.get("description")).split()),
        framework=text_of(values.get("framework")),
        functionality=_joined(values.get("functionality"), ", "),
        imports=imports_in(example, call),
        requirements=tuple(_requirements(values.get("python_environment_requirements"))),
        arguments=tuple(_arguments(values.get("api_arguments"))),
        example="" if example.strip().casefold() in _NOTHING else example,
        evaluation=_evaluation(values.get("performance")),
        source=source,
    )


def output_parts(text: str) -> dict[str, str]:
    """The named parts of a ``code`` field that it has: instruction, input, domain, api_call, code and more.

    Of a part that occurs twice, the first that is not empty counts.
    """
    heads = _split(text, _HEAD, 1)
    if not heads:
        return {name: _unquoted(value) for name, value in _split(text, _KEY, 2).items()}
    output = heads.pop("output", "")
    sections = _split(output or text, _SECTION, 1) or {
        name: _unquoted(value) for name, value in _split(output, _KEY, 2).items()
    }
    if "code" not in sections and (fence := _FENCE.search(output)):
        sections["code"] = fence[0]
    short = {name: value.rstrip(",").rstrip() for name, value in sections.items() if name != "code"}
    return {**sections, **short, **{name: value for name, value in heads.items() if value}}


def text_of(value: object) -> str:
    """A field's text, trimmed; empty where the field is no text. Lone surrogates become question marks."""
    return value.encode("utf-8", "replace").decode().strip() if isinstance(value, str) else ""


def _split(text: str, mark: re.Pattern[str], group: int) -> dict[str, str]:
    marks = list(mark.finditer(text))
    ends = [following.start() for following in marks[1:]] + [len(text)]
    parts: dict[str, str] = {}
    for found, end in zip(marks, ends, strict=False):
        name = found[group].strip().lower().replace(" ", "_")
        parts[name] = parts.get(name) or text[found.end() : end].strip()
    return parts


def _unquoted(value: str) -> str:
    """``'text'}}`` without quotes and braces; quotes inside stay."""
    quote = value[:1]
    if quote in ("'", '"') and value.rfind(quote) > 0:
        return value[1 : value.rfind(quote)].strip()
    return value.rstrip("}, \n").strip()


def _canonical(call: str, api: CatalogueEntry) -> str:
    return CatalogueEntry(name=api.name, call=repair_call(call), domain=api.domain).text


def _without_api_data(values: dict[str, Any], parts: dict[str, str]) -> dict[str, Any]:
    call = text_of(values.get("api_call")) or parts.get("api_call", "")
    return {"api_call": call, "domain": parts.get("domain", ""), "framework": values.get("provider")}


def _joined(value: object, between: str = "\n") -> str:
    """A text, list of lines or dict of pieces as one text."""
    if isinstance(value, str):
        return text_of(value)
    if isinstance(value, dict):
        value = list(value.values())
    return (
        between.join(filter(None, (_joined(item, between) for item in value)))
        if isinstance(value, list)
        else ""
    )


def _requirements(value: object) -> list[str]:
    pieces: list[str] = []
    if isinstance(value, str):
        pieces = re.split(r"[,;\n]", re.sub(r"!?\s*pip3?\s+install\s+(?:-\S+\s+)*", "", text_of(value)))
    elif isinstance(value, list):
        return list(dict.fromkeys(name for item in value for name in _requirements(item)))
    elif isinstance(value, dict):
        pieces = [
            f"{name}{spec if isinstance(spec, str) and re.match(r'[<>=~!]', spec) else ''}"
            for name, spec in value.items()
        ]
    names = (text_of(piece) for piece in pieces)
    return list(dict.fromkeys(name for name in names if name.casefold() not in _NOTHING))


def _arguments(value: object) -> list[str]:
    if isinstance(value, str):
        names = [text_of(piece) for piece in re.split(r"[,;]", value)]
        return [name for name in names if name.isidentifier() and name.casefold() not in _NOTHING]
    if isinstance(value, dict):
        return (
            [text_of(value["name"])]
            if isinstance(value.get("name"), str)
            else [text_of(name) for name in value]
        )
    return (
        list(dict.fromkeys(name for item in value for name in _arguments(item)))
        if isinstance(value, list)
        else []
    )


def _evaluation(value: object) -> str:
    """``ImageNet: 81.8`` of ``{"dataset": "ImageNet", "accuracy": 81.8}``; odd shapes as compact JSON."""
    if isinstance(value, dict) and set(value) == {"dataset", "accuracy"}:
        dataset, accuracy = (_short(value[name]) for name in ("dataset", "accuracy"))
        return ": ".join(filter(None, (dataset, accuracy)))
    return _short(value)


def _short(value: object) -> str:
    if value in (None, {}, []):
        return ""
    text = text_of(value) if isinstance(value, str) else text_of(json.dumps(value, ensure_ascii=False))
    return "" if text.casefold() in _NOTHING else text
