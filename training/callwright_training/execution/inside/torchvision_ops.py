"""Declares torchvision's compiled operators in Python, where torchvision's own are built for a GPU we lack.

PyPI's wheel of torchvision cannot load its operators beside a CPU build of torch, and a half-imported
torchvision makes every lazy import of transformers fail. Importing this first lets ``import torchvision``
work; of the operators only ``nms`` computes.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
from typing import Any

_LIBRARY: list[Any] = []  # torch forgets the operators when this goes
_ROI = "Tensor input, Tensor rois, float spatial_scale, int pooled_height, int pooled_width"
_GRAD = "Tensor grad, Tensor rois"
_SIZES = "int batch_size, int channels, int height, int width"
_SCALE = "float spatial_scale, int pooled_height, int pooled_width"
_CONV = "Tensor input, Tensor weight, Tensor offset, Tensor mask, Tensor bias"
_STEPS = (
    "SymInt stride_h, SymInt stride_w, SymInt pad_h, SymInt pad_w, SymInt dilation_h, SymInt dilation_w, "
    "SymInt groups, SymInt offset_groups, bool use_mask"
)
_DECLARED = (
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "box_iou_rotated(Tensor a, Tensor b) -> Tensor",
    f"qroi_align({_ROI}, int sampling_ratio, bool aligned) -> Tensor",
    f"roi_align({_ROI}, int sampling_ratio, bool aligned) -> Tensor",
    f"roi_pool({_ROI}) -> (Tensor, Tensor)",
    f"ps_roi_align({_ROI}, int sampling_ratio) -> (Tensor, Tensor)",
    f"ps_roi_pool({_ROI}) -> (Tensor, Tensor)",
    f"deform_conv2d({_CONV}, {_STEPS}) -> Tensor",
    f"_roi_align_backward({_GRAD}, {_SCALE}, {_SIZES}, int sampling_ratio, bool aligned) -> Tensor",
    f"_roi_pool_backward({_GRAD}, Tensor argmax, {_SCALE}, {_SIZES}) -> Tensor",
    f"_ps_roi_align_backward({_GRAD}, Tensor mapping, {_SCALE}, int sampling_ratio, {_SIZES}) -> Tensor",
    f"_ps_roi_pool_backward({_GRAD}, Tensor mapping, {_SCALE}, {_SIZES}) -> Tensor",
    f"_deform_conv2d_backward(Tensor grad, {_CONV}, {_STEPS}) -> (Tensor, Tensor, Tensor, Tensor, Tensor)",
)


def declare() -> None:
    """Declare the operators unless torchvision brings its own or is not installed."""
    import torch

    try:
        version = importlib.metadata.version("torchvision")
    except importlib.metadata.PackageNotFoundError:
        return
    if "+cpu" in version:
        return
    library = torch.library.Library("torchvision", "DEF")
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.impl("nms", _suppress, "CPU")
    for signature in _DECLARED:
        with contextlib.suppress(RuntimeError):
            library.define(signature)
    _LIBRARY.append(library)


def _suppress(boxes: Any, scores: Any, threshold: float) -> Any:
    """Non-maximum suppression: indices of the boxes kept, best first."""
    import torch

    order = scores.argsort(descending=True)
    kept = []
    while order.numel():
        best, rest = order[0], order[1:]
        kept.append(best)
        low = torch.maximum(boxes[best, :2], boxes[rest, :2])
        high = torch.minimum(boxes[best, 2:], boxes[rest, 2:])
        common = (high - low).clamp(min=0).prod(dim=-1)
        areas = (boxes[:, 2:] - boxes[:, :2]).prod(dim=-1)
        order = rest[common / (areas[best] + areas[rest] - common) <= threshold]
    return torch.stack(kept) if kept else torch.empty(0, dtype=torch.long)


declare()
