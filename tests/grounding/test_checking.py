from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callwright_grounding.catalogue import Catalogue, CatalogueEntry
from callwright_grounding.checking import Checker, KnownIds
from callwright_grounding.checking.files import check_file
from callwright_grounding.checking.notebooks import read_notebook


def found(checker: Checker, source: str) -> list[tuple[int, str, str]]:
    return [(f.line, f.code, f.severity) for f in checker.check(source)]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("from shapes import Cubes", "import-name"),
        ("import shapes.round", "import-module"),
        ("from shapes.round import Ball", "import-module"),
        ("shapes.Sphere", "attribute"),
        ("shapes.hidden()", "attribute"),  # not in solid's __all__
        ("shapes.lazy.second", "attribute"),
        ("shapes.Cube.from_side(1)", "attribute"),
        ("shapes.Cube(1).rotate()", "attribute"),
        ("shapes.Cube.unit().scale(2).rotate()", "attribute"),
        ("shapes.Cube(1).title.uppercase()", "attribute"),
        ("shapes.Cube(1, colour='red')", "keyword"),
        ("shapes.Circle(diameter=2)", "keyword"),
        ("shapes.measure(1, units='m')", "keyword"),
        ("shapes.typed.area(1, digits=2)", "keyword"),
        ("shapes.typed.area(1).uppercase()", "attribute"),
        ("with open('f') as file: file.read().uppercase()", "attribute"),
        ("'a b'.split().push('c')", "attribute"),
    ],
)
def test_finds_what_does_not_exist(checker: Checker, line: str, code: str) -> None:
    assert found(checker, f"import shapes, shapes.typed\n{line}\n") == [(2, code, "error")]


@pytest.mark.parametrize(
    "line",
    [
        "from shapes import Cube, volume, lazy, fast, left, OrderedDict",
        "from distutils.ccompiler import CCompiler; CCompiler.EXECUTABLE",  # typeshed leaves names out
        "shapes.lazy.first, shapes.__version__",
        "shapes.dark.anything_at_all()",
        "shapes.Square(1).whatever",
        "shapes.flat.anything(really=1)",
        "shapes.measure(1, unit='m', digits=3)",
        "shapes.typed.Line().view(length=1, side='left')",
        "shapes.Cube(1).side.is_integer",  # an annotated parameter: a claim at most
        "import not_installed.thing; not_installed.thing.foo()",
        "from .sibling import name",
        "def f(cube): return cube.rotate()",
        "try:\n    shapes.Sphere\nexcept AttributeError: pass",
        "try:\n    from shapes import Sphere\nexcept ImportError: pass",
        "if hasattr(shapes, 'Sphere'): shapes.Sphere()",
        "if shapes.__version__ > '2': shapes.Sphere()",
        "x = shapes.Cube(1)\nx.owner = 'me'\nx.owner.title()",
        "x = shapes.Cube(1) if input() else input\nx.rotate()",
        "x = shapes.Cube(1)\nfor x in eval(input()): x.rotate()",
        "x = shapes.Cube(1)\ndef g():\n    x.rotate()\nx = print",
        "x = shapes.Cube(1)\nif not isinstance(x, int): pass\nx.rotate()",
        "shapes.Sphere  # callwright: ignore",
        "shapes.Sphere  # callwright: ignore[attribute, keyword]",
        "shapes.Sphere  # type: ignore",
    ],
)
def test_is_silent_where_it_exists_or_nobody_knows(checker: Checker, line: str) -> None:
    assert found(checker, f"import shapes, shapes.dark\n{line}\n") == []


def test_an_ignore_comment_silences_its_own_codes_only(checker: Checker) -> None:
    assert found(checker, "import shapes\nshapes.Sphere  # callwright: ignore[keyword]\n") == [
        (2, "attribute", "error")
    ]


NARROWED = """
import shapes
class Box:
    def __init__(self, it: shapes.Cube | str): self.it, self.items = it, {{}}
    def fill(self, other):
        for i in range(3):
            {}
            self.items[i], self.last = i, other
"""


@pytest.mark.parametrize(
    ("lines", "reported"),
    [
        (["self.fil()"], True),  # a loop that assigns to attributes does not forget what self is
        (["if isinstance(self.it, shapes.Cube) and isinstance(other, str): self.it.rotate()"], True),
        (["if isinstance(other, str) and isinstance(self.it, shapes.Cube): other.uppercase()"], True),
        (["if not isinstance(self.it, shapes.Cube): raise ValueError", "self.it.rotate()"], True),
        (["if not isinstance(other, str):", "    other = str(other)", "other.uppercase()"], True),
        (["assert isinstance(self.it, shapes.Cube)", "self.it.rotate()"], True),
        (["assert isinstance(self.it, shapes.Cube)", "self.it = other", "self.it.rotate()"], False),
        (["if other: assert isinstance(self.it, shapes.Cube)", "else: return", "self.it.rotate()"], True),
        (["if isinstance(other.it, shapes.Cube): other.it.rotate()"], True),
        (["if isinstance(self.it, shapes.Cube): pass", "self.it.rotate()"], False),
        (["if other: assert isinstance(self.it, shapes.Cube)", "else: self.it.rotate()"], False),
        (["if other: assert isinstance(self.it, shapes.Cube)", "self.it.rotate()"], False),
        (
            ["if other: pass", "else:", "    assert isinstance(self.it, str)", "    raise E", "self.it.up()"],
            False,
        ),
        (["for _ in other: assert isinstance(self.it, shapes.Cube)", "self.it.rotate()"], False),
        (["if isinstance(other[0].it, shapes.Cube): other.it.rotate()"], False),
        (["if isinstance(other.it, shapes.Cube): other[0].it.rotate()"], False),
    ],
)  # fmt: skip
def test_what_isinstance_finds_is_known_while_it_holds(
    checker: Checker, lines: list[str], reported: bool
) -> None:
    source = NARROWED.format(f"\n{' ' * 12}".join(lines))
    assert bool(found(checker, source)) == reported


def test_a_function_defined_in_two_branches_is_either(checker: Checker) -> None:
    branches = "def f(g):\n if g:\n  def h(a): ...\n else:\n  def h(a, b=1): h(a, b=2); h(a, c=2)\n"
    assert found(checker, branches) == [(5, "keyword", "error")]


def test_what_only_an_annotation_claims_is_a_warning(checker: Checker) -> None:
    source = "from shapes import Cube\ndef f(cube: Cube):\n    cube.rotate()\n"
    assert found(checker, source) == [(3, "attribute", "warning")]


def test_a_function_of_the_file_is_looked_into(checker: Checker) -> None:
    source = "import shapes\ndef load():\n    cube = shapes.Cube(1)\n    return cube\nload().rotate()\n"
    assert found(checker, source) == [(5, "attribute", "error")]


def test_a_finding_says_where_and_what_instead(checker: Checker) -> None:
    (finding,) = checker.check("import shapes\né = 'é'; shapes.Cubee(1)\n")
    assert (finding.line, finding.column, finding.end_column) == (2, 17, 22)
    assert finding.suggestions[0] == "Cube"


def test_project_modules_are_known(environment, tmp_path: Path) -> None:
    package = tmp_path / "project" / "mine"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "tools.py").write_text("def help_me(): ...\n")
    file = package / "main.py"
    file.write_text("from .tools import help_me, harm_me\nfrom . import tools\ntools.hinder()\n")
    from callwright_grounding.environment import Environment

    checker = Checker(Environment(environment.interpreter, [tmp_path / "project"]))
    assert [f.code for f in check_file(checker, file).findings] == ["import-name", "attribute"]
    (package / "tools.py").write_text(
        "def help_me(): ...\ndef harm_me(): ...\ndef hinder(): ...\n# changed\n"
    )
    import os

    os.utime(package / "tools.py", (1, 1))
    assert checker.environment.refresh()
    assert not check_file(Checker(checker.environment), file).findings


def test_ids_outside_the_catalogue(environment) -> None:
    from callwright_grounding.checking.judge import Reporter
    from callwright_grounding.resolution import Resolver
    from callwright_grounding.resolution.strings import RepositoryArgument

    entry = CatalogueEntry(name="org/known", call="AutoModel.from_pretrained('org/known')", domain="x")
    for closed, severity in ((False, "warning"), (True, "error")):
        known = KnownIds(Catalogue([entry]), closed)
        reporter = Reporter(Resolver(environment), "'org/unknown'\n'org/known'\n'./folder/x'\n", set(), known)
        import ast

        for node in ast.walk(ast.parse(reporter.source)):
            if isinstance(node, ast.Constant):
                reporter._repository(RepositoryArgument(node))
        assert [(f.line, f.severity) for f in reporter.findings.values()] == [(1, severity)]


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00bad", b"def f(:\n", b"# coding: nonsense\n", b"x = '\\ud800'\n", b"\0", b"(" * 3000],
)
def test_files_that_cannot_be_read_are_said_to_be(checker: Checker, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "odd.py"
    file.write_bytes(content)
    findings = check_file(checker, file).findings
    assert all(f.code == "unreadable" and f.severity == "warning" for f in findings)


def test_notebooks_are_checked_by_cell(checker: Checker, tmp_path: Path) -> None:
    cells = [
        {"cell_type": "code", "source": ["%matplotlib inline\n", "import shapes"]},
        {"cell_type": "markdown", "source": "text"},
        {"cell_type": "code", "source": "!ls\nshapes.Sphere()"},
    ]
    file = tmp_path / "book.ipynb"
    file.write_text(json.dumps({"cells": cells}))
    (finding,) = check_file(checker, file).findings
    assert (finding.cell, finding.line, finding.column) == (2, 2, 8)


@given(st.lists(st.lists(st.sampled_from(["x = 1", "!ls", "%%time", "y?", ""]), max_size=4), max_size=5))
def test_a_notebooks_lines_keep_their_places(cells: list[list[str]]) -> None:
    text = json.dumps({"cells": [{"cell_type": "code", "source": "\n".join(lines)} for lines in cells]})
    book = read_notebook(text)
    assert len(book.source.split("\n")) - 1 == max(1, sum(max(1, len(lines)) for lines in cells))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.text(st.sampled_from("shapes.Cube()[]{}:=,'\"\n xif def class for in import from #\\"), max_size=60)
)
def test_nothing_crashes(checker: Checker, text: str) -> None:
    checker.check(text)
