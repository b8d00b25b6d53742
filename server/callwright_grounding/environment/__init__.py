"""The environment index: the modules that an interpreter can import, and what each declares."""

from callwright_grounding.environment.distributions import Distribution, distributions
from callwright_grounding.environment.environment import Environment
from callwright_grounding.environment.interpreter import Interpreter, describe_interpreter, find_interpreter

__all__ = [
    "Distribution",
    "Environment",
    "Interpreter",
    "describe_interpreter",
    "distributions",
    "find_interpreter",
]
