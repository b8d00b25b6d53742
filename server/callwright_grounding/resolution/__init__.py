"""What names mean: modules, classes, instances and calls, worked out from summaries."""

from callwright_grounding.resolution.lookups import Lookup
from callwright_grounding.resolution.resolver import Resolver
from callwright_grounding.resolution.values import Class, Function, Instance, Module, Value

__all__ = ["Class", "Function", "Instance", "Lookup", "Module", "Resolver", "Value"]
