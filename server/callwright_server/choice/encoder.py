"""The encoders: a text becomes one vector of length 1 per encoder, on ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from callwright_server.errors import BundleError

ENCODER, TOKENIZER = "encoder.onnx", "tokenizer.json"
MAX_TOKENS = 64
"""Tokens of a text that are read, marks at both ends included; the encoders are tuned with this."""

Vectors = dict[str, NDArray[np.float32]]
"""By the feature's name (``similarity``, ``tuned_similarity``): ``[width]``, of length 1."""


class Encoder:
    """Runs the graph that holds the encoders; all of them read a text in one pass.

    Args:
        folder: Has graph and tokenizer.
        threads: Threads for one text; 1 is enough for one question.

    Raises:
        BundleError: One of them cannot be loaded.
    """

    def __init__(self, folder: Path, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                str(folder / ENCODER), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer = reading_tokenizer(folder / TOKENIZER)
        except Exception as error:  # both libraries raise classes below no common one
            reason = str(error).strip().partition("\n")[0]
            raise BundleError(f"{folder}: the retriever's encoder cannot be loaded: {reason}") from error
        self._outputs = [item.name for item in self._session.get_outputs()]

    def __call__(self, text: str) -> Vectors:
        """Encode one text."""
        ids = np.array([self._tokenizer.encode(text).ids], np.int64)
        rows = self._session.run(self._outputs, {"input_ids": ids})
        return {name: row[0] for name, row in zip(self._outputs, rows, strict=True)}


def reading_tokenizer(path: Path) -> Tokenizer:
    """The encoders' tokenizer, set to cut texts at :data:`MAX_TOKENS`."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer
