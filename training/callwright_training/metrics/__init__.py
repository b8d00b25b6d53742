"""The metrics: what is said of an answer, each by a small module that gives its definition and source.

:data:`KEYS` lists every figure by the name it has in summaries; :func:`build` makes the metrics that give
them. A metric reads one :class:`Case` and never runs generated code: what does is in
``callwright_training.execution``.
"""

from callwright_training.metrics.answer import Answer
from callwright_training.metrics.case import Case, Measured
from callwright_training.metrics.known import Known
from callwright_training.metrics.registry import KEYS, METRICS, Key, Metric, build

__all__ = ["KEYS", "METRICS", "Answer", "Case", "Key", "Known", "Measured", "Metric", "build"]
