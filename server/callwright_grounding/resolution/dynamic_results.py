"""What factories return whose result no reading of them shows: the class depends on what is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callwright_grounding.resolution import overlays
from callwright_grounding.resolution.values import Class, Function, Instance, Value, claimed, one_of

if TYPE_CHECKING:
    from callwright_grounding.resolution.resolver import Resolver


def dynamic_result(resolver: Resolver, method: Function) -> Value | None:
    """What such a factory is known to return; ``None`` for any other method."""
    if method.owner is None:
        return None
    path = f"{method.owner.path}.{method.name.rpartition('.')[2]}"
    if (factory := overlays.FACTORIES.get(path)) is not None:
        target = resolver.path(factory)
        made = _outputs_of(resolver, method.receiver) if isinstance(method.receiver, Class) else None
        return Instance(target, (made,) if made is not None else ()) if isinstance(target, Class) else None
    if (results := overlays.RESULTS.get(path)) is not None:
        return claimed(one_of(_instance(resolver, result) for result in results))
    return None


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
