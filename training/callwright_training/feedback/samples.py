"""Samples: what the tuned model writes for each record's instruction."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from callwright_grounding.catalogue import Catalogue, CatalogueEntry
from callwright_plugins.judge import Pair
from callwright_server.prompt import call_example, script_example, usage_example
from callwright_server.suggest.rendering import target_name
from callwright_training.records import Record

if TYPE_CHECKING:
    from torch import Tensor

Form = Literal["call", "script", "usage", "choice"]
"""One API call, written freely; a whole script; the lines below the record's own call that use it; a call of
the catalogue, chosen as the server chooses it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One completion, with the token ids that were really drawn: text alone may be tokenised otherwise."""

    id: str
    """The record's id and the sample's number: ``huggingface_eval:12#3``."""
    record: str
    instruction: str
    prompt: str
    completion: str
    prompt_ids: list[int]
    completion_ids: list[int]
    stopped: bool
    """Whether it ended by itself rather than at the limit."""


def prompt_of(record: Record, form: Form) -> str:
    """What the model continues for a record, as it is served."""
    if form == "script":
        return script_example(record.instruction, "")[0]
    if form == "usage":
        api = record.api
        return usage_example(record.instruction, api.text, target=target_name(api), imports=api.imports)[0]
    return call_example(record.instruction, "")[0]


def askable(records: Iterable[Record], form: Form, catalogue: Catalogue) -> tuple[Record, ...]:
    """Records that can be asked about in this form.

    Lines below a call need the call's imports above it: where a record lacks them, they are those of other
    calls of the same callable; a record for which nobody knows them is left out.
    """
    records = tuple(records)
    if form != "usage":
        return records
    imports = catalogue_imports(catalogue, records)
    known = (
        (record, record.api.imports or tuple(imports(record.api.text).splitlines())) for record in records
    )
    return tuple(
        replace(record, api=replace(record.api, imports=lines))
        for record, lines in known
        if lines and record.api.parsed is not None
    )


def code_above(completion: str, record: Record | None, form: Form, imports: ImportsOf) -> str:
    """What stands above a completion in the editor and is not the model's work."""
    if form == "call":
        return imports(completion)
    if form == "choice":
        return imports.of_entry(completion)
    return prompt_of(record, form) if form == "usage" and record is not None else ""


def pair_of(sample: Sample, record: Record | None, form: Form, imports: ImportsOf) -> Pair:
    """The pair that a judge sees: for a call, with the imports that the editor adds when it is accepted."""
    return pair_with(sample.id, sample.instruction, sample.completion, record, form, imports)


def pair_with(
    id_: str, instruction: str, completion: str, record: Record | None, form: Form, imports: ImportsOf
) -> Pair:
    """The same of a completion that is no sample."""
    return Pair(
        id=id_,
        instruction=instruction,
        completion=completion,
        before=code_above(completion, record, form, imports),
        reference=record.api if record else None,
    )


class ImportsOf:
    """Finds the imports that the server would insert with a call.

    Args:
        entries: Where calls and their imports are known from.
    """

    def __init__(self, entries: Iterable[CatalogueEntry]) -> None:
        self._imports: dict[str, str] = {}
        self._calls: dict[str, str] = {}
        for entry in entries:
            lines = "".join(f"{line}\n" for line in entry.imports)
            self._calls.setdefault(entry.text, lines)
            if entry.parsed is not None and lines:
                self._imports.setdefault(entry.parsed.callable.partition(".")[0], lines)

    def of_entry(self, completion: str) -> str:
        """The import lines of the entry whose call this is; empty where it has none."""
        return self._calls.get(completion.strip(), "")

    def __call__(self, completion: str) -> str:
        """The import lines of the first call in the completion; empty where none is known."""
        head = completion.partition("(")[0].rpartition("=")[2].strip().partition(".")[0]
        return self._imports.get(head, "")


def catalogue_imports(catalogue: Catalogue, records: Iterable[Record]) -> ImportsOf:
    """Imports as the catalogue has them, and the records' own APIs where it has none."""
    return ImportsOf([*catalogue, *(record.api for record in records)])


@dataclass(frozen=True, slots=True)
class Asked:
    """What the model is asked for one record."""

    record: str
    instruction: str
    prompt: str
    question: str
    """The instruction with its input, as the retriever reads it."""


@dataclass(frozen=True)
class Sampling:
    """The work of sampling; goes to where it is done as it is."""

    base: str
    adapter: Path | None
    samples: int
    temperature: float
    max_tokens: int
    form: Form
    seed: int
    bf16: bool = False

    def open(self) -> Callable[[Sequence[Asked]], list[Sample]]:
        """Load the model; returns what draws every sample of a few records, in one batch.

        Which records share a batch must not depend on the number of workers: rounding would.
        """
        import torch

        from callwright_training.bases import load_base
        from callwright_training.export.merge import merge
        from callwright_training.sampling import device, draw, stop_tokens, uniforms

        base = load_base(self.base)
        model, tokenizer = merge(base, self.adapter).to(device()).eval(), base.tokenizer
        if self.bf16:
            model = model.to(torch.bfloat16)
        stops = stop_tokens(tokenizer, at_line_end=self.form == "call")
        room = int(getattr(model.config, "max_position_embeddings", 1 << 20)) - self.max_tokens

        def sample(group: Sequence[Asked]) -> list[Sample]:
            rows = [(asked, number) for asked in group for number in range(self.samples)]
            ids = {asked.record: tokenizer(asked.prompt).input_ids[-room:] for asked in group}
            prompts, mask = left_padded([ids[asked.record] for asked, _ in rows], tokenizer.pad_token_id)
            names = [f"{asked.record}#{number}" for asked, number in rows]
            drawn = draw(
                model,
                prompts.to(device()),
                mask.to(device()),
                torch.stack([uniforms(self.seed, name, self.max_tokens) for name in names]),
                temperature=self.temperature,
                stops=stops,
                pad=tokenizer.pad_token_id,
            )
            texts = zip(drawn.tokens.tolist(), drawn.lengths.tolist(), drawn.stopped.tolist(), strict=True)
            return [
                Sample(
                    id=name,
                    record=asked.record,
                    instruction=asked.instruction,
                    prompt=asked.prompt,
                    completion=tokenizer.decode(tokens[:length], skip_special_tokens=True),
                    prompt_ids=ids[asked.record],
                    completion_ids=tokens[:length],
                    stopped=stopped,
                )
                for (asked, _), name, (tokens, length, stopped) in zip(rows, names, texts, strict=True)
            ]

        return sample


def left_padded(rows: Sequence[Sequence[int]], pad: int) -> tuple[Tensor, Tensor]:
    """Prompts of different lengths as one batch: ids and mask, ``[batch, longest]``."""
    from callwright_training.reward.scorer import padded

    return padded(rows, pad, left=True)


def write_samples(path: Path, samples: Iterable[Sample]) -> None:
    """Append samples, one JSON object a line."""
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(sample), ensure_ascii=False) + "\n" for sample in samples)


def read_samples(path: Path) -> list[Sample]:
    """The samples in a file, without a last line that a kill cut short."""
    return [Sample(**values) for values in whole_lines(path)]


def whole_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of a file that is appended to; a torn last line is cut off the file."""
    if not path.is_file():
        return
    data = path.read_bytes()
    if end := len(data) - (data.rfind(b"\n") + 1):
        with path.open("r+b") as file:
            file.truncate(len(data) - end)
    for line in data[: len(data) - end].splitlines():
        yield json.loads(line)


def complete(samples: Sequence[Sample], count: int) -> dict[str, list[Sample]]:
    """Samples by record, of the records that have all of theirs."""
    found: dict[str, list[Sample]] = {}
    for sample in samples:
        found.setdefault(sample.record, []).append(sample)
    return {record: unique for record, group in found.items() if len(unique := _unique(group)) == count}


def _unique(group: Sequence[Sample]) -> list[Sample]:
    return sorted(
        {sample.id: sample for sample in group}.values(), key=lambda one: int(one.id.rpartition("#")[2])
    )
