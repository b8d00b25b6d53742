"""A transformers model, asked with the very prompts it is trained on."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from callwright_server.prompt import PROMPT_VERSION, call_example, gorilla_example, script_example
from callwright_training.bases import Base, load_base
from callwright_training.evaluation.items import digest
from callwright_training.feedback.samples import ImportsOf
from callwright_training.metrics import Answer, Known
from callwright_training.records import Record
from callwright_training.sampling import stop_tokens

Form = Literal["call", "script", "gorilla"]
"""What the model is asked to write: one API call, a script, or Gorilla's sections."""

_TOKENS: dict[Form, int] = {"call": 96, "script": 384, "gorilla": 640}
_TEMPERATURE = 0.7
_IMPORT = re.compile(r"(?:import|from)\s")
_IMPORT_LINES = 6


class ModelSystem:
    """Continues the training prompt, greedily or by sampling.

    Args:
        place: A base's name, a hub id, the folder of a model or of an adapter, or the folder of a stage.
        known: Where the imports that a call needs are known from; they are put above it, as the server does.
        form: What it is asked to write.
        name: Name in tables; the place where ``None``.
        sampled: Sample with temperature 0.7 instead of taking the likeliest token.
        max_tokens: Longest answer; what fits the form where ``None``.

    Raises:
        BaseModelError: There is no such model.
    """

    concurrency = 1

    def __init__(
        self,
        place: str,
        known: Known,
        *,
        form: Form = "call",
        name: str | None = None,
        sampled: bool = False,
        max_tokens: int | None = None,
    ) -> None:
        import torch

        torch.set_num_threads(min(2, torch.get_num_threads()))
        folder = _folder(Path(place))
        self.base = _load(str(folder or place), folder)
        self._imports = ImportsOf(known.entries)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.base.model.to(self.device)
        self.form: Form = form
        stops = stop_tokens(self.base.tokenizer, at_line_end=form == "call")
        self._ends: list[int] = stops.nonzero().flatten().tolist()
        self.sampled = sampled
        self.max_tokens = max_tokens or _TOKENS[form]
        self.identity: dict[str, Any] = {
            "name": name or Path(place).name,
            "kind": "model",
            "place": place,
            "form": form,
            "lines": _IMPORT_LINES,
            "prompt_version": PROMPT_VERSION,
            "max_tokens": self.max_tokens,
            "temperature": _TEMPERATURE if sampled else 0.0,
            "weights": _weights(folder or self.base.folder),
            "device": self.device,
        }

    def answer(self, record: Record, *, seed: int) -> Answer:
        """Generate one answer."""
        instruction = f"{record.instruction} {record.input}".strip()
        if self.form == "call":
            prompt = call_example(instruction, "")[0]
            return call_below_imports(lambda above: self._continue(prompt + above, seed), self._imports)
        if self.form == "script":
            code = self._continue(script_example(instruction, "")[0], seed).strip("\n").rstrip()
            return Answer.of(call=None, code=code or None)
        return Answer.read(self._continue(gorilla_example(instruction)[0], seed).strip())

    def _continue(self, prompt: str, seed: int) -> str:
        import torch
        from transformers import GenerationConfig

        tokenizer, model = self.base.tokenizer, self.base.model
        inputs = tokenizer(prompt, return_tensors="pt", add_special_tokens=False).to(self.device)
        sampling = {"do_sample": True, "temperature": _TEMPERATURE} if self.sampled else {"do_sample": False}
        config = GenerationConfig(
            max_new_tokens=self.max_tokens,
            eos_token_id=self._ends,
            pad_token_id=tokenizer.pad_token_id,
            **sampling,
        )
        torch.manual_seed(seed)
        with torch.inference_mode():
            output = model.generate(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                generation_config=config,
            )
        text: str = tokenizer.decode(output[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        return text


def call_below_imports(write: Callable[[str], str], imports_of: Callable[[str], str]) -> Answer:
    """The first line that is no import: a model tuned on scripts too may import before it calls.

    Args:
        write: What the model writes below the lines that it has written.
        imports_of: The imports that a call needs, for one that came without any.
    """
    imports = ""
    for _ in range(_IMPORT_LINES):
        line = write(imports).strip().split("\n")[0].strip()
        if not line:
            break
        if not _IMPORT.match(line):
            return Answer.of(call=line, code=f"{imports or imports_of(line)}{line}")
        imports += f"{line}\n"
    return Answer.of(call=None, code=imports or None)


def _folder(place: Path) -> Path | None:
    """The folder with weights: the place itself, or what a stage calls ``model`` or ``adapter`` in it."""
    if not place.is_dir():
        return None
    inside = (place / name for name in ("model", "adapter"))
    return next((folder for folder in inside if folder.is_dir()), place)


def _load(place: str, folder: Path | None) -> Base:
    if folder is None or not (folder / "adapter_config.json").is_file():
        return load_base(place)
    from callwright_training.export.merge import base_of, merge

    base = load_base(base_of(folder))
    return replace(base, model=merge(base, folder))


def _weights(folder: Path | None) -> str:
    """Tells a folder's weights from those that were there before: by name, size and time of change."""
    files = sorted(folder.glob("*.safetensors")) if folder else []
    return digest([(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files])
