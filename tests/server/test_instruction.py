import pytest

from callwright_server.suggest.document import Document
from callwright_server.suggest.instruction import comment_above, is_instruction, surrounding_words


@pytest.mark.parametrize(
    "comment",
    [
        "Translate English to French",
        "classify images",
        "TODO: summarize the article",
        "翻译这段文字",
        "Größe schätzen",
    ],
)
def test_these_ask_for_something(comment):
    assert is_instruction(comment)


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "todo",
        "noqa: E501",
        "type: ignore[no-any-return]",
        "-*- coding: utf-8 -*-",
        "x = pipeline(task)",
        "return result",
        "----- section -----",
        "https://example.org some page",
        "Copyright the authors, all rights reserved",
        "%% new cell here",
        "1 2 3 4 a b",
    ],
)
def test_these_do_not(comment):
    assert not is_instruction(comment)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("# load some data\n", ("load some data", 0)),
        ("# load\n# some data\n", ("load some data", 1)),
        ("# load some data\nimport x\nfrom y import z\n", ("load some data", 0)),
        ("# load some data\n\n", ("load some data", 0)),
        ("# load some data\n\n\n", None),
        ("# load some data\nx = 1\n", None),
        ("x = 1  # load some data\n", None),
        ("#!/usr/bin/env python3\n", None),
    ],
)
def test_the_comment_above(source, found):
    document = Document(source)
    assert comment_above(document, len(document.starts) - 1) == found


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("model = ", ""),
        ("image_classifier = ", "image classifier"),
        ("sentenceEncoder = ", "sentence encoder"),
        ("def translate_text(x):\n    model = ", "translate text"),
        ('def f(x):\n    """Find faces.\n\n    More."""\n    y = 1\n    face_model = ', "Find faces. face"),
        ("class A:\n    def run(self):\n        if x:\n            y = ", ""),
        ("def translate():\n    pass\nmodel = ", ""),
    ],
)
def test_what_names_say(source, words):
    document = Document(source)
    assert surrounding_words(document, len(document.starts) - 1) == words
