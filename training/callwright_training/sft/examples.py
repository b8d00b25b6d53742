"""From records to token sequences: what the model reads, and the part of it that it learns to write."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from callwright_server.prompt import call_example, gorilla_example, script_example, usage_example
from callwright_server.suggest.rendering import target_name
from callwright_training.records import Record
from callwright_training.records.imports import imports_in
from callwright_training.sft.usage import lines_below_call

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from callwright_training.sft.settings import SFT


@dataclass(frozen=True, slots=True)
class Example:
    """One token sequence; the loss counts its target only."""

    prompt: tuple[int, ...]
    target: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.prompt) + len(self.target)


def texts_of(records: Iterable[Record], settings: SFT) -> list[tuple[str, str]]:
    """Prompt and target of every example; a record without what the form needs gives none."""
    chance = random.Random(settings.seed)
    pairs: list[tuple[str, str]] = []
    for record in records:
        if settings.form == "gorilla":
            pairs.append(gorilla_example(_task(record), gorilla_answer(record)))
            continue
        above = "\n".join(record.api.imports) if chance.random() < settings.imports_share else ""
        if "call" in settings.taught and record.api.parsed is not None:
            pairs.append(call_example(_task(record), record.call, code=above))
        if not record.code or record.code_repair == "unparsable":
            continue
        if "script" in settings.taught:
            pairs.append(script_example(_task(record), record.code))
        if "usage" in settings.taught:
            pairs.extend(_usage_of(record))
    return pairs


def answer_of(record: Record, form: Literal["call", "script", "usage"]) -> str:
    """The record's own answer to a prompt of this form; empty where it has none."""
    if form == "call":
        return record.call
    if form == "script":
        return record.code
    return next((lines for _, lines in _usage_of(record)), "")


def _usage_of(record: Record) -> Iterator[tuple[str, str]]:
    """The lines below the record's call, where its script has them and an import for the call."""
    imports = record.api.imports or imports_in(record.code, record.call)
    target = target_name(record.api)
    if imports and (lines := lines_below_call(record, target=target, imports=imports)):
        yield usage_example(_task(record), record.call, target=target, imports=imports, lines=lines)


def gorilla_answer(record: Record) -> str:
    """The answer of a record as Gorilla was trained on it; parts that the record lacks are left out."""
    parts = {
        "domain": record.domain_raw,
        "api_call": record.call,
        "api_provider": record.provider,
        "explanation": record.explanation,
        "code": record.code,
    }
    return "\n".join(f"<<<{name}>>>: {value}" for name, value in parts.items() if value)


def tokenize(
    pairs: Iterable[tuple[str, str]], tokenizer: PreTrainedTokenizerBase, max_length: int
) -> list[Example]:
    """Tokenize prompt and target apart, as serving does, and end the target with the end token."""
    return [
        _cut(_ids(tokenizer, prompt), [*_ids(tokenizer, target), _end(tokenizer)], max_length)
        for prompt, target in pairs
    ]


def _cut(prompt: Sequence[int], target: Sequence[int], max_length: int) -> Example:
    target = target[: max_length - 1]
    room = max_length - len(target)
    return Example(tuple(prompt[-room:]), tuple(target))


def _ids(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    ids: list[int] = tokenizer(text, add_special_tokens=False).input_ids
    return ids


def _end(tokenizer: PreTrainedTokenizerBase) -> int:
    return int(tokenizer.eos_token_id)


def _task(record: Record) -> str:
    return f"{record.instruction} {record.input}".strip()
