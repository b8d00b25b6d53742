"""Building one decoder graph: nodes in memory, weights streamed into a file beside it.

Both families share the inputs and outputs that :mod:`callwright_server.engine` runs::

    input_ids         int64  [batch, chunk]
    position_ids      int64  [batch, chunk]              only where positions are learnt (GPT-2)
    seqlens_k         int32  [batch]                     tokens before and in this chunk, minus 1
    total_length      int32  []                          the largest of them, plus 1
    logit_rows        int64  [rows]                      which of the batch * chunk places want logits
    past_key_values.{layer}.{key,value}  float or int8  [batch, kv_heads, capacity, head_size]
    logits            float  [rows, vocabulary]
    present.{layer}.{key,value}          float or int8  the same buffers, where the caller binds them in place
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from callwright_server.bundle import MODEL, WEIGHTS, Architecture, Quantization
from callwright_training.export.quantize import BLOCK, Blocks, quantize, quantize_columns

MICROSOFT = "com.microsoft"
_OPSET, _IR_VERSION = 18, 9
_ALIGNMENT = 4096
_EMBEDDED = 1024
"""Tensors up to this many bytes lie in the graph itself, so that ONNX Runtime can fold and check shapes."""

_FIRST_SCALE = 12
"""The place among GroupQueryAttention's inputs of the keys' scales; those of the values follow."""

Array = NDArray[Any]
CacheScales = Sequence[tuple[Array, Array]]


class GraphBuilder:
    """Collects nodes and weights of one graph.

    Args:
        architecture: The model's shape.
        quantization: How matrices are stored.
        weights: The open file that large tensors go to.
        cache_scales: Of each layer's keys and values, where those are kept in 8 bits.
    """

    def __init__(
        self,
        architecture: Architecture,
        quantization: Quantization,
        weights: BinaryIO,
        cache_scales: CacheScales = (),
    ) -> None:
        self.architecture = architecture
        self._cache_scales = cache_scales
        self.quantization = quantization
        self._weights = weights
        self.weight_bytes = 0
        self._nodes: list[Any] = []
        self._tensors: list[Any] = []

    def node(
        self, operator: str, inputs: list[str], output: str | list[str], domain: str = "", **attributes: Any
    ) -> str:
        """Add a node; its first output's name is returned."""
        outputs = [output] if isinstance(output, str) else output
        self._nodes.append(
            helper.make_node(
                operator, inputs, outputs, name=outputs[0] + "/node", domain=domain, **attributes
            )
        )
        return outputs[0]

    def tensor(self, name: str, array: Array, *, by_row: bool = False) -> str:
        """Add a weight; a large one goes to the file, page-aligned, so that it can be mapped into memory.

        Args:
            name: Its name in the graph.
            array: The values.
            by_row: Only single rows are ever read, so that it does not count towards a token's work.
        """
        array = np.ascontiguousarray(array)
        self.weight_bytes += 0 if by_row else array.nbytes
        if array.nbytes <= _EMBEDDED:
            self._tensors.append(onnx.numpy_helper.from_array(array, name))
            return name
        self._weights.write(b"\0" * (-self._weights.tell() % _ALIGNMENT))
        tensor = TensorProto(name=name, dims=array.shape, data_location=TensorProto.EXTERNAL)
        tensor.data_type = helper.np_dtype_to_tensor_dtype(array.dtype)
        where = {"location": WEIGHTS, "offset": self._weights.tell(), "length": array.nbytes}
        for key, value in where.items():
            tensor.external_data.add(key=key, value=str(value))
        self._weights.write(array.tobytes())
        self._tensors.append(tensor)
        return name

    def linear(
        self, name: str, x: str, matrix: Array, bias: Array | None = None, bits: int | None = None
    ) -> str:
        """``x @ matrix.T + bias`` with the matrix ``[outputs, inputs]`` stored as the quantization says."""
        offset = self.tensor(f"{name}.bias", bias) if bias is not None else ""
        if self.quantization == "fp32":
            product = self.node("MatMul", [x, self.tensor(f"{name}.weight", matrix.T)], f"{name}/product")
            return self.node("Add", [product, offset], f"{name}/sum") if offset else product
        if self.quantization == "int8-dynamic":
            stored, scales = quantize_columns(matrix)
            inputs = [
                x,
                self.tensor(f"{name}.weight", stored),
                self.tensor(f"{name}.scales", scales),
                "",
                offset,
            ]
            return self.node(
                "DynamicQuantizeMatMul", inputs if offset else inputs[:3], f"{name}/product", MICROSOFT
            )
        bits = bits or (4 if self.quantization == "int4" else 8)
        return self.block_linear(name, x, *self.blocks(name, quantize(matrix, bits)), offset)

    def blocks(self, name: str, blocks: Blocks, *, by_row: bool = False) -> tuple[str, str, Blocks]:
        """Store a quantized matrix; several nodes may use it."""
        data = self.tensor(f"{name}.weight", blocks.data, by_row=by_row)
        return data, self.tensor(f"{name}.scales", blocks.scales, by_row=by_row), blocks

    def block_linear(
        self, name: str, x: str, weight: str, scales: str, blocks: Blocks, bias: str = ""
    ) -> str:
        """A product with a matrix that :meth:`blocks` has stored."""
        inputs = [x, weight, scales] + (["", "", bias] if bias else [])
        shape = {"K": blocks.columns, "N": blocks.rows, "bits": blocks.bits, "block_size": BLOCK}
        return self.node("MatMulNBits", inputs, f"{name}/product", MICROSOFT, accuracy_level=4, **shape)

    def embedding_and_head(self, table: Array, head: Array | None) -> str:
        """Look the tokens up; the head is kept for :meth:`logits`.

        Where the head is the table itself, one stored matrix serves both: without this the embedding of a
        small model would be a third of its file, in 32 bits.
        """
        self._head = head if head is not None else table
        self._shared = head is None
        if self.quantization in ("fp32", "int8-dynamic"):
            by_row = self.quantization != "fp32" or not self._shared
            stored_table = self.tensor("embedding", table, by_row=by_row)
            return self.node("Gather", [stored_table, "input_ids"], "embedding/rows")
        stored = self.blocks("embedding", quantize(table, 8), by_row=not self._shared)
        self._tied = stored if head is None else None
        rows = self.node("Gather", [stored[0], "input_ids"], "embedding/stored")
        scales = self.node("Gather", [stored[1], "input_ids"], "embedding/scales")
        values = self.node("Cast", [rows], "embedding/cast", to=TensorProto.FLOAT)
        zero = self.tensor("embedding.zero", np.array(128, np.float32))
        centred = self.node("Sub", [values, zero], "embedding/centred")
        last = self.tensor("embedding.axis", np.array([-1], np.int64))
        factors = self.node("Unsqueeze", [scales, last], "embedding/factors")
        scaled = self.node("Mul", [centred, factors], "embedding/scaled")
        width = self.tensor("embedding.shape", np.array([0, 0, -1], np.int64))
        return self.node("Reshape", [scaled, width], "embedding/rows")

    def logits(self, hidden: str) -> None:
        """Logits of the places asked for, and of no other: the head is a fifth of a small model's work."""
        shape = self.tensor("head.shape", np.array([-1, self.architecture.hidden_size], np.int64))
        flat = self.node("Reshape", [hidden, shape], "head/flat")
        rows = self.node("Gather", [flat, "logit_rows"], "head/rows", axis=0)
        if self.quantization in ("fp32", "int8-dynamic"):
            product = self._full_head(rows)
        elif self._tied:
            product = self.block_linear("head", rows, *self._tied)
        else:
            product = self.linear("head", rows, self._head, bits=8)
        self.node("Identity", [product], "logits")

    def _full_head(self, rows: str) -> str:
        if self.quantization == "fp32" and self._shared:
            return self.node("Gemm", [rows, "embedding"], "head/product", transB=1)
        return self.linear("head", rows, self._head)

    def attention(self, layer: int, qkv: str, tables: tuple[str, str] | None = None) -> str:
        """Attention over cache and chunk, from packed queries, keys and values; rotated if given tables."""
        past = [f"past_key_values.{layer}.{part}" for part in ("key", "value")]
        present = [f"present.{layer}.{part}" for part in ("key", "value")]
        inputs = [qkv, "", "", *past, "seqlens_k", "total_length", *(tables or ())]
        heads = {"num_heads": self.architecture.heads, "kv_num_heads": self.architecture.kv_heads}
        rotary = {"do_rotary": int(tables is not None), "rotary_interleaved": 0}
        stored: dict[str, Any] = {}
        if self._cache_scales:
            inputs += [""] * (_FIRST_SCALE - len(inputs)) + self._scales_of_cache(layer)
            stored = {"k_quant_type": "PER_CHANNEL", "v_quant_type": "PER_CHANNEL", "kv_cache_bit_width": 8}
        outputs = [f"layer.{layer}/attention", *present]
        return self.node("GroupQueryAttention", inputs, outputs, MICROSOFT, **heads, **rotary, **stored)

    def _scales_of_cache(self, layer: int) -> list[str]:
        parts = zip(("key", "value"), self._cache_scales[layer], strict=True)
        return [self.tensor(f"layer.{layer}.{part}_scales", scales) for part, scales in parts]

    def save(self, path: Path, *, positions: bool) -> None:
        """Write the graph; the weights are in their file already."""
        graph = helper.make_graph(
            self._nodes, self.architecture.family, self._inputs(positions), self._outputs(), self._tensors
        )
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(MICROSOFT, 1)]
        model = helper.make_model(
            graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="callwright"
        )
        path.write_bytes(model.SerializeToString())

    def _inputs(self, positions: bool) -> list[Any]:
        value = helper.make_tensor_value_info
        inputs = [value("input_ids", TensorProto.INT64, ["batch", "chunk"])]
        if positions:
            inputs.append(value("position_ids", TensorProto.INT64, ["batch", "chunk"]))
        inputs.append(value("seqlens_k", TensorProto.INT32, ["batch"]))
        inputs.append(value("total_length", TensorProto.INT32, []))
        inputs.append(value("logit_rows", TensorProto.INT64, ["rows"]))
        return [*inputs, *self._cache("past_key_values", "past")]

    def _outputs(self) -> list[Any]:
        logits = helper.make_tensor_value_info(
            "logits", TensorProto.FLOAT, ["rows", self.architecture.vocabulary]
        )
        return [logits, *self._cache("present", "present")]

    def _cache(self, prefix: str, length: str) -> Iterator[Any]:
        shape = ["batch", self.architecture.kv_heads, length, self.architecture.head_size]
        kind = TensorProto.INT8 if self._cache_scales else TensorProto.FLOAT
        for layer in range(self.architecture.layers):
            for part in ("key", "value"):
                yield helper.make_tensor_value_info(f"{prefix}.{layer}.{part}", kind, shape)


@contextmanager
def graph_in(
    folder: Path, architecture: Architecture, quantization: Quantization, cache_scales: CacheScales
) -> Iterator[GraphBuilder]:
    """A builder whose graph and weights are in ``folder`` at the end."""
    with (folder / WEIGHTS).open("wb") as weights:
        builder = GraphBuilder(architecture, quantization, weights, cache_scales)
        yield builder
    builder.save(folder / MODEL, positions=architecture.family == "gpt2")
