"""A small environment on disk: a virtual environment's folders with two distributions, indexed for real."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from callwright_grounding.checking import Checker
from callwright_grounding.environment import Environment, Interpreter, describe_interpreter
from callwright_grounding.environment.build import build, missing

SHAPES = {
    "shapes/__init__.py": """
from typing import TYPE_CHECKING
from .solid import *
from .flat import Circle, Square, measure
from . import lazy
if TYPE_CHECKING:
    from collections import OrderedDict
try:
    from missing_thing import fast
except ImportError:
    fast = None
__version__ = "1.0"
for _name in ("left", "right"):
    globals()[_name] = _name
""",
    "shapes/solid.py": """
__all__ = ["Cube", "volume"]
class Cube:
    def __init__(self, side: float, *, color: str = "red"):
        self.side = side
        self.color = color
    def scale(self, factor: float) -> "Cube":
        return Cube(self.side * factor)
    @property
    def title(self) -> str:
        return "cube"
    @classmethod
    def unit(cls) -> "Cube":
        return cls(1.0)
def volume(cube: Cube) -> float:
    return cube.side ** 3
def hidden(): ...
""",
    "shapes/flat.py": """
from dataclasses import dataclass
@dataclass
class Circle:
    radius: float
    name: str = ""
class Square(Circle):
    def __getattr__(self, name):
        return name
def measure(shape, **kwargs):
    return _measure(shape, **kwargs)
def _measure(shape, unit="cm", digits=2):
    return round(shape.radius, digits)
def anything(**kwargs):
    print(kwargs)
""",
    "shapes/lazy.py": """
import sys
_known = {"first": 1}
def __getattr__(name):
    if name in _known:
        return _known[name]
    raise AttributeError(name)
""",
    "shapes/dark.py": """
def __getattr__(name):
    return name
""",
    "shapes/made.py": """
from .solid import Cube
def first(side):
    made = Cube(side)
    return made
class Shelf:
    @classmethod
    def from_file(cls, path):
        return _read(cls, path)
    def top(self) -> Cube:
        return _read(Cube, self)
    def pair(self):
        return self.top()
class Labelled(Shelf):
    def top(self):
        return _read(Cube, "label")
""",
    "shapes/typed.py": "def area(side): ...\n",
    "shapes/typed.pyi": """
from typing import ClassVar, overload
class Angle:
    right: ClassVar[Angle]
    degrees: float
def area(side: float, precision: int = ...) -> str: ...
@overload
def load(path: str, *, lazily: bool) -> int: ...
@overload
def load(path: str, *, lazily: bool | None = ...) -> str: ...
class Line:
    @overload
    def view(self, /) -> Angle: ...
    @overload
    def view(self, /, length: int, side: str) -> Angle: ...
""",
}


def install(site: Path, name: str, version: str, files: dict[str, str]) -> None:
    """Put a distribution into a site-packages folder, RECORD and all."""
    for file, text in files.items():
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        (site / file).write_text(text)
    information = site / f"{name}-{version}.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")
    (information / "RECORD").write_text(
        "".join(f"{file},sha256=x,{len(text)}\n" for file, text in files.items())
    )


@pytest.fixture(scope="session")
def index_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where these tests keep their index; the standard library's is built once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def index_folder(index_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The index folder, in force."""
    monkeypatch.setenv("CALLWRIGHT_HOME", str(index_home))
    return index_home / "index"


def make_environment(folder: Path) -> Path:
    """A virtual environment's folder with the distribution ``shapes``."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    site = folder / "lib" / f"python{version}" / "site-packages"
    site.mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(sys.executable)
    (folder / "pyvenv.cfg").write_text(f"home = {Path(sys.executable).parent}\nversion = {version}.0\n")
    install(site, "shapes", "1.0", SHAPES)
    return folder


@pytest.fixture(scope="session")
def shared_interpreter(tmp_path_factory: pytest.TempPathFactory, index_home: Path) -> Interpreter:
    """One environment for all tests that change nothing in it, indexed."""
    made = describe_interpreter(make_environment(tmp_path_factory.mktemp("shared")) / "bin" / "python")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALLWRIGHT_HOME", str(index_home))
        build(made, missing(made))
    return made


@pytest.fixture
def virtual_environment(tmp_path: Path, index_folder: Path) -> Path:
    """An environment of the test's own, not indexed."""
    return make_environment(tmp_path / "env")


@pytest.fixture
def environment(shared_interpreter: Interpreter, index_folder: Path) -> Environment:
    """The shared environment."""
    return Environment(shared_interpreter)


@pytest.fixture
def checker(environment: Environment) -> Checker:
    """A checker for it."""
    return Checker(environment)


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    """A byte-level BPE tokenizer of a few hundred tokens, trained on the spot."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=["<end>"], initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator(
        [*SHAPES.values(), "x = shapes.Cube(side=1)\ny = x.scale(2).title._x\n" * 5], trainer
    )
    return made
