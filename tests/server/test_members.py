"""Members in the model's order: the likeliest first, all of them existing, and nobody kept waiting."""

from __future__ import annotations

import math
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwright_grounding.catalogue import Catalogue
from callwright_grounding.masks import NameTrie, Vocabulary
from callwright_server.engine.engine import Engine
from callwright_server.suggest.asking import Ask, Kind
from callwright_server.suggest.best_first import best_first
from callwright_server.suggest.choosing import Place
from callwright_server.suggest.document import Document
from callwright_server.suggest.grounding import Names
from callwright_server.suggest.installed import Installed, look, open_environment
from callwright_server.suggest.members import MemberRanker
from callwright_server.suggest.used_here import mixed
from callwright_server.suggest.used_nearby import Nearby

FILE = "import toys\ncube = toys.Cube(1)\n"
NAMES = st.sets(st.from_regex(r"[a-z]{1,3}(_[a-z]{1,2})?", fullmatch=True), min_size=1, max_size=12)


@pytest.fixture(scope="module")
def engine(tiny_bundle) -> Engine:
    return Engine(tiny_bundle)


@pytest.fixture(scope="module")
def vocabulary(engine: Engine) -> Vocabulary:
    return Vocabulary(engine.tokenizer)


@pytest.fixture
def ranker(toys_installed: Installed, engine: Engine, small_catalogue: Catalogue) -> MemberRanker:
    return MemberRanker(engine, Names(toys_installed, engine, small_catalogue), limit=8)


def asked(text: str, **options) -> Ask:
    return Ask(Document(text), len(text), Kind.MENU, options.pop("stop", lambda: False), **options)


@given(names=NAMES, seed=st.integers(0, 99))
def test_best_first_finds_what_trying_everything_finds(vocabulary: Vocabulary, names: set[str], seed: int):
    ends = vocabulary.terminators

    def following(tokens):
        scores = np.random.default_rng([seed, *tokens]).normal(scale=3, size=vocabulary.size)
        return (scores - math.log(np.exp(scores).sum())).astype(np.float32)

    trie = NameTrie(vocabulary, names)

    def everything(tokens: tuple[int, ...], cost: float) -> dict[tuple[int, ...], float]:
        children, is_name = trie.children(tokens)
        found = {}
        if is_name:
            end = math.log(np.exp(following(tokens)[ends]).sum()) if children else 0.0
            found[tokens] = cost + end
        for token in children:
            found |= everything((*tokens, token), cost + float(following(tokens)[token]))
        return found

    expected = everything((), 0.0)
    ranked = list(best_first(trie, following, ends))
    assert [tokens for tokens, _ in ranked] == sorted(expected, key=expected.__getitem__, reverse=True)
    assert [score for _, score in ranked] == pytest.approx(sorted(expected.values(), reverse=True), abs=1e-3)


@pytest.mark.parametrize(
    ("head", "exist"),
    [("y = toys.", {"Cube", "volume"}), ("y = cube.s", {"scale", "side"}), ("y = cube.sc", {"scale"})],
)
def test_only_members_that_exist_and_go_on_as_typed(ranker: MemberRanker, head: str, exist: set[str]):
    answer = ranker.suggest(asked(FILE + head))
    assert {item.text for item in answer.items} == exist
    assert all(item.member for item in answer.items)
    start = len(FILE) + head.index(".") + 1
    assert {(item.start, item.end) for item in answer.items} == {(start, len(FILE + head))}


def test_the_order_is_the_models(ranker: MemberRanker, engine: Engine):
    items = ranker.suggest(asked("import toys\ny = toys.")).items
    [one, other] = engine.score("import toys\ny = toys.", [item.text for item in items])
    assert sum(one) >= sum(other)


@pytest.mark.parametrize(("used", "first"), [("Cube", "Cube"), ("volume", "volume")])
def test_what_the_file_did_with_it_before_goes_first(ranker: MemberRanker, used: str, first: str):
    items = ranker.suggest(asked(f"import toys\ntoys.{used}(1)\ny = toys.")).items
    assert items[0].text == first


def test_names_that_only_the_file_speaks_for_are_added_where_they_exist():
    before = "self.rare()\nself.gone()\nself.likely()\nx.other()\nself."
    found = mixed([("likely", -0.5), ("other", -1.0)], {"rare", "likely", "other"}, before)
    assert [name for name, _ in found] == ["likely", "other", "rare"]


@given(
    scores=st.dictionaries(st.sampled_from("abcdef"), st.floats(-30, 0), max_size=6),
    before=st.text("abc.x \n", max_size=40),
)
def test_mixing_keeps_probabilities_in_order(scores: dict[str, float], before: str):
    found = mixed(list(scores.items()), scores, before)
    assert {name for name, _ in found} == scores.keys()
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)


def test_what_was_ranked_is_known_without_the_model(ranker: MemberRanker):
    text = FILE + "y = cube."
    assert ranker.suggest(Ask(Document(text), len(text), Kind.MENU)) is None
    answer = ranker.suggest(asked(text))
    assert ranker.suggest(Ask(Document(text), len(text), Kind.MENU)) == answer


def test_whoever_does_not_wait_gets_nothing_and_it_is_not_remembered(ranker: MemberRanker):
    text = FILE + "y = cube."
    answer = ranker.suggest(asked(text, stop=lambda: True))
    assert (answer.items, answer.complete) == ((), False)
    assert ranker.suggest(asked(text)).items


@pytest.mark.parametrize("head", ["y = unknown.", "'cube.", "# cube.", "y = cube"])
def test_elsewhere_there_are_none_and_a_reason(ranker: MemberRanker, head: str):
    answer = ranker.suggest(asked(FILE + head))
    assert not answer.items
    assert answer.reason


def test_the_engine_says_what_follows(engine: Engine):
    tokens = engine.encode("import os")
    likely = engine.following("import", tokens[1:])
    logits = engine.logits(tokens)[-1]
    assert np.exp(likely).sum() == pytest.approx(1, abs=1e-3)
    assert likely.argmax() == logits.argmax()
    assert list(islice(map(bool, [engine.following("a", [], stop=lambda: True) is None]), 1)) == [True]


@pytest.mark.parametrize("name", ["Cube", "volume"])
def test_what_the_folders_other_files_do_goes_first(ranker: MemberRanker, tmp_path: Path, name: str):
    (tmp_path / "box.py").write_text(f"import toys\nx = toys.{name}(1)\ntoys . {name}\ntoys.gone()\n")
    document = Document("import toys\ny = toys.", tmp_path / "lid.py")
    items = ranker.suggest(Ask(document, len(document.text), Kind.MENU, lambda: False)).items
    assert items[0].text == name
    assert "gone" not in {item.text for item in items}


def test_a_file_nearby_is_read_again_when_it_changes_and_never_the_buffers_own(tmp_path: Path):
    other, own, nearby = tmp_path / "box.py", tmp_path / "lid.py", Nearby()

    def asked(text: str, path: Path | None = own) -> list[str]:
        return [use.name for use in nearby.uses(path, text)]

    own.write_text("toys.own()\n")
    assert asked("toys.") == []
    for text, names in [("toys.a.b\n", ["a"]), ("x.toys.a\ntoys.bb\n", ["a", "bb"])]:
        other.write_text(text)
        assert asked("x = toys.") == names
    assert asked("f().") == asked("toys.", None) == asked("toys.", tmp_path / "gone" / "lid.py") == []


@pytest.mark.parametrize(
    ("head", "first"), [("if not item.", "empty"), ("for a in item.", "parts"), ("yield item.", "empty")]
)
def test_what_was_done_where_the_code_is_most_alike_goes_first(head: str, first: str):
    above = "if not item.empty:\n    pass\nif not item.empty:\n    pass\nfor a in item.parts():\n    pass\n"
    found = mixed(
        [("other", -0.5), ("parts", -2.5), ("empty", -2.5)], {"empty", "parts", "other"}, above + head
    )
    assert next(name for name, _ in found if name != "other") == first


def test_what_a_relative_import_brings_has_members(
    toys: Path, engine: Engine, small_catalogue: Catalogue, tmp_path: Path
):
    package = tmp_path / "crane"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "base.py").write_text("class Base:\n    def lift(self): ...\n")
    interpreter, _ = look(str(toys), [])
    names = Names(Installed(open_environment(interpreter, [tmp_path])), engine, small_catalogue)

    def members(text: str, path: Path) -> set[str]:
        found = names.members(Place(text.replace("|", ""), text.index("|"), path))
        return set(found.names) if found else set()

    user = (
        "from .base import Base\nclass Own(Base):\n    def f(self):\n        self.|\n    def g(self): ...\n"
    )
    assert members(user, package / "own.py") == {"f", "g", "lift"}
    assert members("class Base:\n    def sink(self):\n        self.|\n", package / "base.py") == {"sink"}
    assert members(user, package / "own.py") == {"f", "g", "lift"}  # the buffer of `base` was left unsaved
