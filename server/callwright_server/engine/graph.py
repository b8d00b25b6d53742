"""One ONNX graph in memory, and the buffers of keys and values that it reads and extends in place.

Leaves out what the tokens mean: :mod:`callwright_server.engine.engine` decides what is run.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from callwright_server.bundle import WEIGHTS, Architecture
from callwright_server.engine.residency import give_back, sparse_zeros
from callwright_server.engine.settings import EngineSettings
from callwright_server.errors import BundleError

Logits = NDArray[np.float32]


class Graph:
    """A bundle's graph, ready to run.

    Keys and values are stored as the graph says: in 8 bits, or in 32.

    Args:
        path: The ONNX file.
        architecture: The model's shape, from the manifest.
        settings: Threads and waiting.

    Raises:
        BundleError: ONNX Runtime cannot load the graph.
    """

    def __init__(self, path: Path, architecture: Architecture, settings: EngineSettings) -> None:
        self.architecture = architecture
        try:
            self.session = onnxruntime.InferenceSession(
                str(path), _options(settings), providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime raises a class per status code, below no common one
            raise BundleError(f"{path}: ONNX Runtime cannot load it: {_first_line(error)}") from error
        give_back(path.with_name(WEIGHTS))
        kinds = {item.name: item.type for item in self.session.get_inputs()}
        self.learnt_positions = "position_ids" in kinds
        self.cached_as = np.int8 if kinds["past_key_values.0.key"] == "tensor(int8)" else np.float32

    def cache(self, capacity: int, batch: int = 1) -> KeyValues:
        """New, empty buffers for ``capacity`` tokens in each row of a batch."""
        return KeyValues(self, capacity, batch)


class KeyValues:
    """Keys and values of a batch of texts, in buffers that the graph extends in place.

    Rewinding costs nothing: what lies behind the length that a run names is overwritten.

    Args:
        graph: The graph that reads and extends them.
        capacity: Tokens that each row has room for.
        batch: Rows.
    """

    def __init__(self, graph: Graph, capacity: int, batch: int) -> None:
        self.graph, self.capacity, self.batch = graph, capacity, batch
        shape = (batch, graph.architecture.kv_heads, capacity, graph.architecture.head_size)
        self.arrays: dict[str, NDArray[Any]] = {}
        self._binding = graph.session.io_binding()
        for layer in range(graph.architecture.layers):
            for part in ("key", "value"):
                self._bind_part(f"{layer}.{part}", sparse_zeros(shape, graph.cached_as))
        self._logits: tuple[Any, Logits] | None = None

    def _bind_part(self, name: str, array: NDArray[Any]) -> None:
        # The same memory as past and present is what tells GroupQueryAttention to write in place.
        value = onnxruntime.OrtValue.ortvalue_from_numpy(array)
        self.arrays[name] = value.numpy() if value.data_ptr() != array.ctypes.data else array
        self._binding.bind_ortvalue_input(f"past_key_values.{name}", value)
        self._binding.bind_ortvalue_output(f"present.{name}", value)

    @property
    def nbytes(self) -> int:
        """Memory that the buffers take."""
        return sum(array.nbytes for array in self.arrays.values())

    def copy(self, length: int) -> NDArray[Any]:
        """The first ``length`` places: ``[2 * layers, batch, kv_heads, length, head_size]``."""
        return np.stack([array[:, :, :length] for array in self.arrays.values()])

    def restore(self, copy: NDArray[Any]) -> None:
        """Put back what :meth:`copy` returned."""
        for array, part in zip(self.arrays.values(), copy, strict=True):
            array[:, :, : part.shape[2]] = part

    def run(self, ids: NDArray[np.int64], past: NDArray[np.int32], rows: NDArray[np.int64]) -> Logits:
        """Read one chunk of each text.

        Args:
            ids: Token ids ``[batch, chunk]``. A row's padding stands at its end; it is overwritten by the
                next chunk.
            past: Tokens that each row has before the chunk, ``[batch]``.
            rows: Which of the ``batch * chunk`` places want logits, counted row by row.

        Returns:
            Logits ``[len(rows), vocabulary]``; valid until the next run.
        """
        chunk = ids.shape[1]
        ends = past + np.int32(chunk)
        self._feed("input_ids", ids)
        if self.graph.learnt_positions:
            last = self.graph.architecture.context - 1
            self._feed("position_ids", np.minimum(past[:, None] + np.arange(chunk), last).astype(np.int64))
        self._feed("seqlens_k", ends - np.int32(1))
        self._feed("total_length", np.array(ends.max(), np.int32))
        self._feed("logit_rows", rows)
        logits = self._logits_of(len(rows))
        self.graph.session.run_with_iobinding(self._binding)
        return logits

    def _feed(self, name: str, array: NDArray[Any]) -> None:
        self._binding.bind_cpu_input(name, np.ascontiguousarray(array))

    def _logits_of(self, rows: int) -> Logits:
        """The array that the logits are written into; the one of the latest shape is kept."""
        if self._logits is None or len(self._logits[1]) != rows:
            array = np.empty((rows, self.graph.architecture.vocabulary), np.float32)
            value = onnxruntime.OrtValue.ortvalue_from_numpy(array)
            self._logits = (value, array)
            self._binding.bind_ortvalue_output("logits", value)
        return self._logits[1]


def usable_threads(settings: EngineSettings) -> int:
    """Threads that one inference uses: more than two gain little and take the editor's own cores."""
    return settings.threads or min(2, os.cpu_count() or 1)


def _options(settings: EngineSettings) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = usable_threads(settings)
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(settings.allow_spinning)))
    return options


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
