"""Engines to measure, each behind the same three words: read a prompt, write a token, how large it is.

Every engine runs in a process of its own, so that threads and memory are its own; ``python runners.py`` is
that process. It obeys one JSON line after the other: ``{"do": "decode", "tokens": 24}``.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

PROMPT, APPENDED, CALL = 256, 16, 12
LINE = 7
"""Tokens of a line: the mean of what the 135M model writes over the typing trace; the median is 5."""


class Runner(Protocol):
    """One engine with a model in memory."""

    def read(self, tokens: list[int], kept: int) -> int:
        """Read a prompt of which the first ``kept`` tokens are in the cache; the likeliest next token."""

    def write(self, token: int) -> int:
        """Add a token; the likeliest next one."""


class Ours:
    """A bundle on the engine that serves."""

    def __init__(self, where: str, threads: int) -> None:
        from callwright_server.bundle import Bundle
        from callwright_server.engine import Engine, EngineSettings
        from callwright_server.engine.slots import Slot

        self.engine = Engine(Bundle.open(Path(where)), EngineSettings(threads=threads))
        self._slot = Slot(self.engine.graph.cache(self.engine.context))

    def read(self, tokens: list[int], kept: int) -> int:
        self._slot.rewind(kept)
        chunk = self.engine.settings.chunk
        for start in range(kept, len(tokens), chunk):
            logits = self._slot.read(tokens[start : start + chunk])
        return int(logits[-1].argmax())

    def write(self, token: int) -> int:
        return int(self._slot.read([token])[0].argmax())


class Torch:
    """PyTorch's eager model as transformers runs it, in 32 bits."""

    def __init__(self, where: str, threads: int) -> None:
        import torch
        from transformers import AutoModelForCausalLM

        torch.set_num_threads(threads)
        self._torch = torch
        self.model = AutoModelForCausalLM.from_pretrained(where, dtype=torch.float32).eval()
        self._past: Any = None

    def read(self, tokens: list[int], kept: int) -> int:
        if kept:
            self._past.crop(kept - self._past.get_seq_length())  # by how many to shorten it
        else:
            self._past = None
        return self._run(tokens[kept:])

    def write(self, token: int) -> int:
        return self._run([token])

    def _run(self, tokens: list[int]) -> int:
        with self._torch.inference_mode():
            out = self.model(
                self._torch.tensor([tokens]), past_key_values=self._past, use_cache=True, logits_to_keep=1
            )
        self._past = out.past_key_values
        return int(out.logits[0, -1].argmax())

    def generate(self, tokens: list[int], count: int) -> None:
        """``generate``, as its users call it."""
        ids = self._torch.tensor([tokens])
        with self._torch.inference_mode():
            self.model.generate(
                ids, attention_mask=ids.ne(-1), max_new_tokens=count, min_new_tokens=count, do_sample=False
            )


class LlamaCpp:
    """llama.cpp on the same weights as a GGUF file."""

    def __init__(self, where: str, threads: int) -> None:
        import llama_cpp
        import numpy as np

        self._np = np
        self._llama = llama_cpp.Llama(
            where, n_ctx=1024, n_threads=threads, n_threads_batch=threads, verbose=False, n_batch=512
        )
        self._cpp = llama_cpp

    def read(self, tokens: list[int], kept: int) -> int:
        self._llama.n_tokens = kept  # what follows is overwritten
        return self._run(tokens[kept:])

    def write(self, token: int) -> int:
        return self._run([token])

    def _run(self, tokens: list[int]) -> int:
        llama = self._llama
        llama._ctx.kv_cache_seq_rm(-1, llama.n_tokens, -1)
        llama._batch.set_batch(batch=tokens, n_past=llama.n_tokens, logits_all=False)
        llama._ctx.decode(llama._batch)
        llama.n_tokens += len(tokens)
        logits = self._np.ctypeslib.as_array(llama._ctx.get_logits(), shape=(llama._n_vocab,))
        return int(logits.argmax())


class Genai:
    """onnxruntime-genai on the graph that its own model builder writes."""

    def __init__(self, where: str, threads: int) -> None:
        import onnxruntime_genai

        config = Path(where) / "genai_config.json"
        settings = json.loads(config.read_text(encoding="utf-8"))
        options = {"intra_op_num_threads": threads, "session.intra_op.allow_spinning": "0"}
        settings["model"]["decoder"]["session_options"] |= options
        config.write_text(json.dumps(settings), encoding="utf-8")
        self._genai = onnxruntime_genai
        self._model = onnxruntime_genai.Model(where)
        self._generator: Any = None

    def read(self, tokens: list[int], kept: int) -> int:
        if kept:
            self._generator.rewind_to(kept)
        else:
            params = self._genai.GeneratorParams(self._model)
            params.set_search_options(max_length=1024)
            self._generator = self._genai.Generator(self._model, params)
        return self._run(tokens[kept:])

    def write(self, token: int) -> int:
        return self._run([token])

    def _run(self, tokens: list[int]) -> int:
        self._generator.append_tokens(tokens)
        return int(self._generator.get_logits()[0, -1].argmax())


class Optimum:
    """onnxruntime on the graph that optimum exports, in 32 bits, run by optimum's own class."""

    def __init__(self, where: str, threads: int) -> None:
        import onnxruntime
        import torch
        from optimum.onnxruntime import ORTModelForCausalLM

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._torch = torch
        self.model = ORTModelForCausalLM.from_pretrained(where, session_options=options)
        self._past: Any = None
        self._length = 0

    def read(self, tokens: list[int], kept: int) -> int:
        self._past = self._crop(kept)
        self._length = kept
        return self._run(tokens[kept:])

    def write(self, token: int) -> int:
        return self._run([token])

    def _crop(self, kept: int) -> Any:
        return tuple(tuple(part[:, :, :kept] for part in layer) for layer in self._past) if kept else None

    def _run(self, tokens: list[int]) -> int:
        self._length += len(tokens)
        out = self.model(
            input_ids=self._torch.tensor([tokens]),
            attention_mask=self._torch.ones((1, self._length), dtype=self._torch.int64),
            past_key_values=self._past,
        )
        self._past = out.past_key_values
        return int(out.logits[0, -1].argmax())


KINDS: dict[str, Callable[[str, int], Runner]] = {
    "ours": Ours,
    "torch": Torch,
    "llama.cpp": LlamaCpp,
    "genai": Genai,
    "optimum": Optimum,
}


def prompt_tokens(vocabulary: int) -> list[int]:
    """A prompt that no cache and no guess can shorten: different tokens without a pattern."""
    state, tokens = 1, []
    for _ in range(PROMPT + APPENDED):
        state = state * 1103515245 + 12345 & 0x7FFFFFFF
        tokens.append(300 + state % (vocabulary - 300))
    return tokens


class Measured:
    """Times what a runner does.

    Args:
        runner: The engine.
        vocabulary: Tokens that it knows.
    """

    def __init__(self, runner: Runner, vocabulary: int) -> None:
        self._runner, self._tokens = runner, prompt_tokens(vocabulary)

    def prefill(self) -> float:
        """Seconds to read a prompt of 256 tokens."""
        return _seconds(lambda: self._runner.read(self._tokens[:PROMPT], 0))

    def cold(self) -> float:
        """Seconds to the first token of a prompt that nobody has read."""
        return _seconds(lambda: self._runner.read(self._tokens, 0))

    def one_more(self) -> float:
        """Seconds to the first token after one more typed letter, which makes the last two tokens others."""
        return _seconds(lambda: self._runner.read(self._tokens, len(self._tokens) - 2))

    def decode(self, tokens: int) -> float:
        """Seconds per token that is written, after the prompt has been read."""
        token = self._runner.read(self._tokens[: PROMPT + 1], PROMPT)
        return _seconds(lambda: _write(self._runner, token, tokens)) / tokens

    def call(self) -> float:
        """Seconds to read 16 more tokens and to write a call of 12."""
        return _seconds(lambda: _write(self._runner, self._runner.read(self._tokens, PROMPT), CALL - 1))

    def line(self) -> float:
        """Seconds to the rest of a line after one more typed letter, which makes two tokens others."""
        return _seconds(
            lambda: _write(self._runner, self._runner.read(self._tokens, len(self._tokens) - 2), LINE - 1)
        )

    def generate(self) -> float:
        """Seconds of PyTorch's ``generate`` for the same call; it knows no prompt from before."""
        runner = self._runner
        assert isinstance(runner, Torch)
        return _seconds(lambda: runner.generate(self._tokens, CALL))

    def memory(self) -> float:
        """Resident bytes of this process."""
        status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024.0 for line in status if line.startswith("VmRSS"))

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        return time.process_time()


def _write(runner: Runner, token: int, count: int) -> None:
    for _ in range(count):
        token = runner.write(token)


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def main() -> None:
    """Obey standard input; answers go to standard output, everything else that prints to standard error."""
    order = json.loads(sys.argv[1])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    measured = Measured(KINDS[order["kind"]](order["where"], order["threads"]), order["vocabulary"])
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        wanted = json.loads(line)
        found = getattr(measured, wanted.pop("do"))(**wanted)
        print(json.dumps(found), file=answers, flush=True)


if __name__ == "__main__":
    main()
