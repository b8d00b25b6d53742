"""One ONNX graph for all encoders of a bundle: they share the embeddings, which are half of each.

Reads ``input_ids`` ``[1, tokens]`` and gives, under each encoder's feature name, a vector ``[1, width]`` of
length 1. One text at a time: nothing is padded, so no mask is needed. Matrices are stored in 8 bits
(:mod:`callwright_training.export.quantize`), or in 32.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from callwright_server.choice.encoder import MAX_TOKENS
from callwright_training.errors import ExportError
from callwright_training.export.quantize import BLOCK, quantize

_MICROSOFT = "com.microsoft"
_OPSET, _IR_VERSION = 18, 9
Array = NDArray[Any]


def write_encoders(models: Mapping[str, Any], path: Path, *, quantized: bool = True) -> None:
    """Write a graph with one output per encoder.

    Args:
        models: ``BertModel`` by output name; all must have the same embeddings.
        path: The file.
        quantized: Store matrices in 8 bits with a scale per 32 inputs.

    Raises:
        ExportError: A model is not of the kind that the graph computes.
    """
    first = next(iter(models.values()))
    for name, model in models.items():
        _check(name, model, first)
    graph = _Graph(quantized)
    embedded = _embeddings(graph, first)
    for name, model in models.items():
        _encoder(graph, name, model, embedded)
    path.write_bytes(graph.serialized(list(models), first.config.hidden_size))


class _Graph:
    """Collects nodes and weights."""

    def __init__(self, quantized: bool) -> None:
        self.quantized = quantized
        self._nodes: list[Any] = []
        self._tensors: list[Any] = []

    def node(self, operator: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:
        self._nodes.append(helper.make_node(operator, inputs, [output], output, domain=domain, **attributes))
        return output

    def tensor(self, name: str, array: Array) -> str:
        self._tensors.append(onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def linear(self, name: str, x: str, layer: Any) -> str:
        matrix, bias = _array(layer.weight), self.tensor(f"{name}.bias", _array(layer.bias))
        if not self.quantized:
            product = self.node("MatMul", [x, self.tensor(f"{name}.weight", matrix.T)], f"{name}/product")
            return self.node("Add", [product, bias], f"{name}/sum")
        blocks = quantize(matrix, 8)
        stored = [self.tensor(f"{name}.weight", blocks.data), self.tensor(f"{name}.scales", blocks.scales)]
        shape = {"K": blocks.columns, "N": blocks.rows, "bits": 8, "block_size": BLOCK, "accuracy_level": 4}
        return self.node("MatMulNBits", [x, *stored, "", "", bias], f"{name}/product", _MICROSOFT, **shape)

    def norm(self, name: str, x: str, layer: Any) -> str:
        weight = self.tensor(f"{name}.weight", _array(layer.weight))
        bias = self.tensor(f"{name}.bias", _array(layer.bias))
        return self.node("LayerNormalization", [x, weight, bias], f"{name}/out", epsilon=layer.eps, axis=-1)

    def rows(self, name: str, table: Array, ids: str) -> str:
        """Look rows of a table up; ``[1, tokens, width]``."""
        if not self.quantized:
            return self.node("Gather", [self.tensor(name, table), ids], f"{name}/rows")
        blocks = quantize(table, 8)
        stored = self.node("Gather", [self.tensor(name, blocks.data), ids], f"{name}/stored")
        scales = self.node("Gather", [self.tensor(f"{name}.scales", blocks.scales), ids], f"{name}/scale")
        values = self.node("Cast", [stored], f"{name}/cast", to=TensorProto.FLOAT)
        zero = self.tensor(f"{name}.zero", np.array(128, np.float32))
        centred = self.node("Sub", [values, zero], f"{name}/centred")
        last = self.tensor(f"{name}.last", np.array([-1], np.int64))
        factors = self.node("Unsqueeze", [scales, last], f"{name}/factors")
        product = self.node("Mul", [centred, factors], f"{name}/scaled")
        shape = self.tensor(f"{name}.shape", np.array([0, 0, -1], np.int64))
        return self.node("Reshape", [product, shape], f"{name}/rows")

    def serialized(self, outputs: list[str], width: int) -> bytes:
        value = helper.make_tensor_value_info
        inputs = [value("input_ids", TensorProto.INT64, [1, "tokens"])]
        results = [value(name, TensorProto.FLOAT, [1, width]) for name in outputs]
        graph = helper.make_graph(self._nodes, "encoders", inputs, results, self._tensors)
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_MICROSOFT, 1)]
        model = helper.make_model(
            graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="callwright"
        )
        data: bytes = model.SerializeToString()
        return data


def _embeddings(graph: _Graph, model: Any) -> str:
    """Words, places and the first segment's mark, summed and normalised."""
    table = model.embeddings
    words = graph.rows("words", _array(table.word_embeddings.weight), "input_ids")
    fixed = (
        _array(table.position_embeddings.weight)[:MAX_TOKENS] + _array(table.token_type_embeddings.weight)[0]
    )
    places = graph.tensor("places", fixed)
    shape = graph.node("Shape", ["input_ids"], "input/length", start=1, end=2)
    zero = graph.tensor("zero", np.array([0], np.int64))
    used = graph.node("Slice", [places, zero, shape, zero], "places/used")
    return graph.norm("embeddings", graph.node("Add", [words, used], "embeddings/sum"), table.LayerNorm)


def _encoder(graph: _Graph, name: str, model: Any, embedded: str) -> None:
    """The layers, the mean over the tokens, the length made 1."""
    x = embedded
    for number, layer in enumerate(model.encoder.layer):
        x = _layer(graph, f"{name}.{number}", x, layer, model.config.num_attention_heads)
    axis = graph.tensor(f"{name}.axis", np.array([1], np.int64))
    mean = graph.node("ReduceMean", [x, axis], f"{name}/mean", keepdims=0)
    graph.node("LpNormalization", [mean], name, axis=-1, p=2)


def _layer(graph: _Graph, name: str, x: str, layer: Any, heads: int) -> str:
    own, output = layer.attention.self, layer.attention.output
    parts = [graph.linear(f"{name}.{part}", x, getattr(own, part)) for part in ("query", "key", "value")]
    seen = graph.node("MultiHeadAttention", parts, f"{name}/seen", _MICROSOFT, num_heads=heads)
    mixed = graph.linear(f"{name}.output", seen, output.dense)
    x = graph.norm(f"{name}.first", graph.node("Add", [mixed, x], f"{name}/first"), output.LayerNorm)
    wide = graph.linear(f"{name}.wide", x, layer.intermediate.dense)
    active = graph.node("Gelu", [wide], f"{name}/active", _MICROSOFT)
    narrow = graph.linear(f"{name}.narrow", active, layer.output.dense)
    return graph.norm(
        f"{name}.second", graph.node("Add", [narrow, x], f"{name}/second"), layer.output.LayerNorm
    )


def _check(name: str, model: Any, first: Any) -> None:
    config = model.config
    if config.model_type != "bert" or config.hidden_act != "gelu":
        raise ExportError(
            f"the encoder {name} is a {config.model_type}; only BERT with gelu has a graph here"
        )
    if not np.array_equal(
        _array(model.embeddings.word_embeddings.weight), _array(first.embeddings.word_embeddings.weight)
    ):
        raise ExportError(f"the encoder {name} has other embeddings than the first one; they must be shared")


def _array(parameter: Any) -> NDArray[np.float32]:
    return np.asarray(parameter.detach().float().numpy(), np.float32)
