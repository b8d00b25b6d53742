from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from callwright_grounding.cursor import Position, names_at
from callwright_grounding.environment import Environment
from callwright_grounding.environment.reader import summarize
from callwright_grounding.masks import GroundedLine, Masks, NameTrie, Vocabulary
from callwright_grounding.resolution import Resolver

BUFFER = "import shapes\nfrom shapes import Cube\ncube = Cube(1)\n"


@pytest.fixture(scope="session")
def vocabulary(tokenizer: Tokenizer) -> Vocabulary:
    return Vocabulary(tokenizer)


@pytest.mark.parametrize(
    ("statement", "kind", "prefix", "some", "closed"),
    [
        ("shapes.", "attribute", "", "Cube", True),
        ("shapes.Cu", "attribute", "Cu", "Cube", True),
        ("y = cube.sc", "attribute", "sc", "scale", True),
        ("cube.", "attribute", "", "scale", False),  # may be assigned
        ("y = cube.scale(\n    2\n).ti", "attribute", "ti", "title", True),
        ("shapes.Square(1).", "attribute", "", "radius", False),  # has a __getattr__
        ("shapes.dark.", "attribute", "", "", False),
        ("shapes.typed.Angle.", "attribute", "", "right", True),  # a stub gives no values
        ("shapes.typed.Angle.right.", "attribute", "", "degrees", False),  # may be assigned
        ("from shapes import Cube, vo", "import", "vo", "volume", True),
        ("from shapes.", "import", "", "solid", True),
        ("Cube(1, co", "keyword", "co", "color", True),
        ("Cube(1, color='red', ", "keyword", "", "side", True),
        ("unknown.", "attribute", "", "", False),
        ("# shapes.", "free", "", "", False),
        ("'shapes.", "free", "", "", False),
        ("f'{1}' + shapes.", "attribute", "", "Cube", True),
    ],
)
def test_what_is_wanted(
    environment: Environment, statement: str, kind: str, prefix: str, some: str, closed: bool
) -> None:
    source = BUFFER + statement
    wanted = names_at(Resolver(environment), source, len(source))
    assert (wanted.kind, wanted.prefix, wanted.closed) == (kind, prefix, closed)
    assert some in (*wanted.names, "")
    assert not any(name.startswith("_") for name in wanted.names)


@pytest.mark.parametrize(
    "before", ["def f(:\n", "try:\n    x = 1\n", "class A:\n    def g(self):\n        (\n"]
)
def test_a_buffer_that_does_not_parse_is_still_understood(environment: Environment, before: str) -> None:
    source = f"{BUFFER}{before}"
    indent = "    " if before.startswith("try") else ""
    source += f"{indent}y = shapes."
    assert "Cube" in names_at(Resolver(environment), source, len(source)).names


def test_self_is_known_inside_a_class(environment: Environment) -> None:
    source = BUFFER + "class Box(Cube):\n    def open(self):\n        self.lid = 1\n        return self."
    assert {"lid", "scale", "open"} <= set(names_at(Resolver(environment), source, len(source)).names)


@settings(max_examples=60)
@given(names=st.sets(st.from_regex(r"[a-z_][a-z_0-9]{0,12}", fullmatch=True), min_size=1, max_size=20))
def test_a_trie_spells_its_names_and_nothing_else(vocabulary: Vocabulary, names: set[str]) -> None:
    trie = NameTrie(vocabulary, names)
    ends = vocabulary.terminators
    for name in names:
        tokens = vocabulary.encode(name)
        assert trie.spells(tokens)
        for count, token in enumerate(tokens):
            assert token in trie.following(tokens[:count], ends)
        assert ends[0] in trie.following(tokens, ends)
    pending: list[list[int]] = [[]]
    written = set()
    while pending:
        tokens = pending.pop()
        if trie.spells(tokens):
            written.add(vocabulary.decode(tokens))
        following = trie.following(tokens, np.array([], dtype=np.int64))
        pending += [[*tokens, int(token)] for token in following]
    assert written == names


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    seed=st.integers(0, 2**32),
    start=st.sampled_from(
        ["y = shapes.", "y = shapes.C", "y = cube.s", "from shapes import ", "y = Cube(1).", "y = cu"]
    ),
)
def test_whatever_the_model_prefers_its_names_exist(
    environment: Environment, vocabulary: Vocabulary, seed: int, start: str
) -> None:
    """A model that likes random tokens, held to what exists, writes no name that the checker rejects."""
    from callwright_grounding.checking import Checker

    source = BUFFER + start
    resolver = Resolver(environment)
    line = GroundedLine(Position(resolver, source, len(source)), Masks(vocabulary))
    prompt = source[: len(source) - line.healed]
    draw = random.Random(seed)
    generated: list[int] = []
    for _ in range(14):
        allowed = line.allowed(generated)
        if allowed is not None and len(allowed) == 0:
            break
        choices = range(vocabulary.size) if allowed is None else allowed
        generated.append(int(draw.choice(list(choices))))
    text = vocabulary.decode(generated)
    assert text.startswith(source[len(source) - line.healed :][: len(text)])
    written = prompt + text.split("\n")[0]
    import re

    name = re.match(
        r"(?:y = (?:shapes|cube|Cube\(1\))\.|from shapes import )(\w+)\W", written[len(BUFFER) :] + "."
    )
    if name and not written.endswith(name[1]):
        sample = written[: len(BUFFER)] + name[0][:-1] + "\n"
        assert Checker(environment).check(sample) == []


def test_no_keyword_that_the_signature_does_not_know(
    environment: Environment, vocabulary: Vocabulary
) -> None:
    source = BUFFER + "Cube(1, colo"
    line = GroundedLine(Position(Resolver(environment), source, len(source)), Masks(vocabulary))
    assigns = {number for number, text in enumerate(vocabulary.texts) if text == "="}
    wrong, right = vocabulary.encode("colour"), vocabulary.encode("color")
    assert not assigns & set(line.allowed(wrong).tolist())
    assert assigns <= set(line.allowed(right).tolist())


@pytest.mark.parametrize(
    ("before", "spoken_of"),
    [
        ("import torch\nif is_npu_available():\n    x = torch.", ("npu",)),
        ("import torch\nif kind == 'hpu' or NPU: x = torch.", ("hpu",)),
        ("import torch\ninput = torch.", ()),
    ],
)
def test_what_the_code_speaks_of_may_be_written_and_is_not_offered(
    environment: Environment, tokenizer: Tokenizer, before: str, spoken_of: tuple[str, ...]
) -> None:
    resolver = Resolver(environment)
    resolver.local["torch"] = summarize(b"zeros = 1", "torch", is_package=True, stub=False, version=(3, 11))
    position = Position(resolver, before, len(before))
    wanted = position.wanted()
    assert (wanted.names, wanted.spoken_of, wanted.closed) == (("zeros",), spoken_of, True)
    masks = Masks(Vocabulary(tokenizer))
    line = GroundedLine(position, masks)
    tokens = masks.vocabulary.encode("npu.x")
    allowed = all(tokens[count] in line.allowed(tokens[:count]) for count in range(3))
    assert allowed == ("npu" in spoken_of)
