"""Which system an option of ``rlaif-train evaluate`` stands for."""

from __future__ import annotations

from callwright_training.evaluation.request import Request
from callwright_training.evaluation.systems.asking import System
from callwright_training.metrics import Known


def open_system(request: Request, known: Known) -> System:
    """Load what ``--bundle``, ``--model``, ``--endpoint`` or ``--baseline`` names.

    Args:
        request: What was asked for.
        known: What a baseline may suggest, and whose imports go above a model's call.

    Raises:
        UserError: It cannot be had or used.
    """
    kind, value = request.source
    if kind == "endpoint":
        from callwright_training.evaluation.systems.endpoint import LONGEST_ANSWER, EndpointSystem

        return EndpointSystem(
            value,
            model=request.endpoint_model,
            key_variable=request.endpoint_key,
            name=request.name,
            sampled=request.samples > 1,
            max_tokens=request.max_tokens or LONGEST_ANSWER,
        )
    if request.baseline is not None:
        from callwright_training.evaluation.systems.retrieval import RetrievalSystem

        return RetrievalSystem(request.baseline, known, name=request.name)
    if kind == "bundle":
        from callwright_training.evaluation.systems.bundle import BundleSystem

        return BundleSystem(value, name=request.name, lines=request.form == "script")
    from callwright_training.evaluation.systems.model import ModelSystem

    return ModelSystem(
        value,
        known,
        form=request.form,
        name=request.name,
        sampled=request.samples > 1,
        max_tokens=request.max_tokens,
    )
