"""What factories return whose result no reading of them shows: the class depends on what is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callwright_grounding.environment.summary import Entry
from callwright_grounding.resolution import overlays
from callwright_grounding.resolution.inference import Arguments
from callwright_grounding.resolution.values import Class, Function, Instance, Value, claimed, one_of

if TYPE_CHECKING:
    from callwright_grounding.resolution.resolver import Resolver


_HUB_MODEL: Entry = ["c", "", ["torch.nn.Module"], None, [], {"__getattr__": ["f", "", []]}]
"""The entry of a class that has all that a module has, and nobody knows what else."""


def dynamic_result(resolver: Resolver, method: Function, arguments: Arguments | None = None) -> Value | None:
    """What such a factory is known to return; ``None`` for any other function."""
    if method.owner is None:
        loads = f"{method.module}.{method.name}" == overlays.HUB_LOAD
        return _from_hub(arguments) if loads and arguments is not None else None
    path = f"{method.owner.path}.{method.name.rpartition('.')[2]}"
    if (factory := overlays.FACTORIES.get(path)) is not None:
        target = resolver.path(factory)
        made = _outputs_of(resolver, method.receiver) if isinstance(method.receiver, Class) else None
        return Instance(target, (made,) if made is not None else ()) if isinstance(target, Class) else None
    if (results := overlays.RESULTS.get(path)) is not None:
        return claimed(one_of(_instance(resolver, result) for result in results))
    return None


def _from_hub(arguments: Arguments) -> Value | None:
    """A network of a class that stands in the repository; ``None`` for entries that are none, or may be."""
    entry = arguments.texts.get(1) or arguments.texts.get("model")
    if entry is None or overlays.NOT_A_MODULE.search(entry):
        return None
    return claimed(Instance(Class("torch.hub", "LoadedModel", _HUB_MODEL)))


def outputs(model: Instance) -> Value | None:
    """What calling a model returns whose class only the repository knows; ``None`` for other objects."""
    return model.arguments[0] if model.cls.path == overlays.LOADED_MODEL and model.arguments else None


def _outputs_of(resolver: Resolver, factory: Class) -> Value | None:
    """The outputs of the models that an ``AutoModelFor…`` loads: the usual ones, or yet another."""
    names = overlays.MODEL_OUTPUTS.get(factory.name)
    if names is None:
        return None
    known = [_instance(resolver, name) for name in (*names, overlays.ANY_OUTPUT)]
    return claimed(one_of(value for value in known if value is not None))


def _instance(resolver: Resolver, path: str) -> Value | None:
    cls = resolver.path(path)
    return Instance(cls) if isinstance(cls, Class) else None
