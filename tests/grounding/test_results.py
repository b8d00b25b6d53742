"""What calls return where no annotation says it: likely, so that a check warns, and a mask stays open."""

from __future__ import annotations

import pytest

from callwright_grounding.checking import Checker
from callwright_grounding.cursor import Position
from callwright_grounding.environment import Environment
from callwright_grounding.environment.reader import summarize
from callwright_grounding.resolution import Resolver

IMPORTS = "import shapes, shapes.made, shapes.typed\n"


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("shapes.made.first(1).rotate()", "warning"),  # a local variable is returned
        ("shapes.made.Shelf().pair().rotate()", "warning"),  # what another method returns
        ("shapes.made.Labelled().top().rotate()", "warning"),  # what the method that it replaces returns
        ("shapes.made.Shelf.from_file('f').rotate()", "warning"),  # what its name promises
        ("shapes.typed.load('f', lazily=True).upper()", "error"),  # the first overload
        ("shapes.typed.load('f').bit_length()", "error"),  # the second: the first wants `lazily`
    ],
)
def test_a_result_is_known(checker: Checker, line: str, severity: str) -> None:
    assert [(f.line, f.severity) for f in checker.check(IMPORTS + line + "\n")] == [(2, severity)]


@pytest.mark.parametrize(
    "line",
    [
        "shapes.made.first(1).scale(2).title.upper()",
        "shapes.made.Labelled().top().scale(2)",
        "shapes.made.Labelled.from_file('f').top().title",
        "shapes.typed.load('f', lazily=True).bit_length()",
        "shapes.typed.load('f').upper()",
    ],
)
def test_what_it_has_is_left_alone(checker: Checker, line: str) -> None:
    assert checker.check(IMPORTS + line + "\n") == []


def test_what_is_only_likely_closes_no_mask(environment: Environment) -> None:
    text = IMPORTS + "y = shapes.made.first(1)."
    wanted = Position(Resolver(environment), text, len(text)).wanted()
    assert "scale" in wanted.names
    assert not wanted.closed


TORCH = {
    "torch": b"from . import hub, nn",
    "torch.hub": b"import torch\ndef load(repo_or_dir, model, **kwargs):\n    return _load(repo_or_dir)",
    "torch.nn": b"class Module:\n    def eval(self):\n        return self",
}


@pytest.mark.parametrize(
    ("arguments", "state"),
    [
        ("'owner/repository', 'resnet18', pretrained=True", "found"),
        ("repo_or_dir='owner/repository', model='unet'", "found"),
        ("'owner/repository', 'nvidia_tts_utils'", ""),  # functions, by its name
        ("'owner/repository', chosen", ""),
    ],
)
def test_what_torch_hub_loads_is_a_module_and_perhaps_more(
    environment: Environment, arguments: str, state: str
) -> None:
    resolver = Resolver(environment)
    for name, source in TORCH.items():
        resolver.local[name] = summarize(
            source, name, is_package=name == "torch", stub=False, version=(3, 11)
        )
    text = f"import torch\nnetwork = torch.hub.load({arguments}).eval()\ny = network."
    position = Position(resolver, text, len(text))
    network = position.value("network")
    assert bool(network) == bool(state)
    if network is not None:
        states = [resolver.attribute(network, name).state for name in ("eval", "fill_mask")]
        assert states == [state, "open"]
        assert (position.wanted().names, position.wanted().closed) == (("eval",), False)
