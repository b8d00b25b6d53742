"""Weight-only quantization in blocks, as ``com.microsoft.MatMulNBits`` reads it.

Round to nearest, symmetric, one scale for each block of consecutive inputs of one output. Nothing is
calibrated: what that costs is measured on the finished bundle (:mod:`callwright_training.export.parity`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK = 32
"""Inputs that share one scale."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """A quantized matrix of ``rows`` outputs and ``columns`` inputs."""

    data: NDArray[np.uint8]
    """``[rows, blocks, bytes]``; 4-bit values lie two to a byte, the lower half first."""
    scales: NDArray[np.float32]
    """``[rows, blocks]``: a value is ``(stored - zero) * scale``, where zero is 128 or 8."""
    bits: int
    """8 or 4."""
    rows: int
    columns: int


def quantize(matrix: NDArray[np.float32], bits: int, block: int = BLOCK) -> Blocks:
    """Quantize a matrix of shape ``[rows, columns]``; the last block of a row is padded with zeros.

    Args:
        matrix: One output per row, as ``torch.nn.Linear`` stores it.
        bits: 8 or 4.
        block: Inputs that share a scale.
    """
    rows, columns = matrix.shape
    count = -(-columns // block)
    padded = np.zeros((rows, count * block), np.float32)
    padded[:, :columns] = matrix
    blocks = padded.reshape(rows, count, block)
    zero = 1 << (bits - 1)
    scales = _scales(blocks, zero)
    inverse = np.divide(1.0, scales, out=np.zeros_like(scales), where=scales != 0)
    stored = np.clip(np.rint(blocks * inverse[..., None]) + zero, 0, 2 * zero - 1).astype(np.uint8)
    if bits == 4:
        stored = stored[..., 0::2] | (stored[..., 1::2] << 4)
    return Blocks(np.ascontiguousarray(stored), scales, bits, rows, columns)


def dequantize(blocks: Blocks) -> NDArray[np.float32]:
    """The matrix that the stored values stand for."""
    stored = blocks.data
    if blocks.bits == 4:
        stored = np.stack([stored & 15, stored >> 4], axis=-1).reshape(*stored.shape[:2], -1)
    values = (stored.astype(np.float32) - (1 << (blocks.bits - 1))) * blocks.scales[..., None]
    return np.ascontiguousarray(values.reshape(blocks.rows, -1)[:, : blocks.columns])


def quantize_columns(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Signed 8-bit values ``[columns, rows]`` with one scale per output, for ``DynamicQuantizeMatMul``.

    On processors without VNNI the sums of two products saturate at 16 bits, so a bundle made like this is
    less exact there.
    """
    scales = (np.abs(matrix).max(axis=1) / 127).astype(np.float32)
    inverse = np.divide(1.0, scales, out=np.zeros_like(scales), where=scales != 0)
    stored = np.clip(np.rint(matrix * inverse[:, None]), -127, 127).astype(np.int8)
    return np.ascontiguousarray(stored.T), scales


def _scales(blocks: NDArray[np.float32], zero: int) -> NDArray[np.float32]:
    """One scale per block: 8 bits span the largest magnitude; 4 bits use the longer, negative side for it."""
    if zero == 128:
        return np.asarray(np.abs(blocks).max(axis=-1) / 127, np.float32)
    index = np.abs(blocks).argmax(axis=-1)[..., None]
    return np.asarray(np.take_along_axis(blocks, index, axis=-1)[..., 0] / -zero, np.float32)
