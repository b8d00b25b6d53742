"""Decoding on ONNX Runtime: generation, scoring, cached prefixes. Knows no LSP and no document."""

from callwright_server.engine.constraint import Constraint
from callwright_server.engine.engine import Engine, never
from callwright_server.engine.generation import FinishReason, Generation
from callwright_server.engine.settings import EngineSettings

__all__ = ["Constraint", "Engine", "EngineSettings", "FinishReason", "Generation", "never"]
