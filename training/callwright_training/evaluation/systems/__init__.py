"""What can be asked for answers: a bundle, a model, an endpoint. Each answers one record at a time."""

from callwright_training.evaluation.systems.asking import AnswerFile, System, ask
from callwright_training.evaluation.systems.opening import open_system

__all__ = ["AnswerFile", "System", "ask", "open_system"]
