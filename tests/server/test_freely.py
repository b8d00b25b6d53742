import pytest

from callwright_server.suggest.document import Document
from callwright_server.suggest.freely import UntilLineEnd, begun, why_not

FILE = "import os\ntotal = 3\nprint(total, sep='')\nos.sep\n"


@pytest.mark.parametrize(
    ("head", "text"),
    [("x = ", "total + 1"), ("print(", "total, sep='x')"), ("for i in ", "range(total):"), ("x = ", "os.sep"),
     ("if ", "total > 3:"), ("", "else:"), ("    ", "return total")],
)  # fmt: skip
def test_names_that_the_file_has_may_be_shown(head, text):
    assert why_not(Document(FILE + head), len(FILE + head), text) == ""


@pytest.mark.parametrize(
    ("head", "text", "named"),
    [
        ("x = ", "totals + 1", "'totals'"),
        ("x = ", "os.separator", "'separator'"),
        ("print(", "total, end='')", "'end'"),
        ("", "import numpy", "imports something"),
        ("from os ", "import nothing", "imports something"),
        ("x = ", "(total", "no whole statement"),
        ("x = ", "total) +", "no whole statement"),
    ],
)
def test_names_that_nothing_knows_are_not(head, text, named):
    assert named in why_not(Document(FILE + head), len(FILE + head), text)


@pytest.mark.parametrize(
    ("head", "written", "shown"),
    [
        ("x = ", "os.sep.joi", "os.sep"),
        ("print(", "total, sep='half a st", "total"),
        ("x = ", "print(tota", "print("),
        ("x = ", "total + oth", "total"),
        ("x = ", "print(total)", "print(total)"),
        ("x = ", "others(total, 1", ""),
        ("x = ", "tot", ""),
    ],
)
def test_of_a_line_without_an_end_the_usable_beginning_is_shown(head, written, shown):
    document = Document(FILE + head)
    text = begun(head, written, lambda line: why_not(document, len(document.text), line))
    assert text == shown


def test_the_text_ends_with_the_line(tiny_bundle):
    tokenizer = tiny_bundle.tokenizer
    [newline] = tokenizer.encode("\n", add_special_tokens=False).ids
    word = tokenizer.encode("x", add_special_tokens=False).ids[0]
    constraint = UntilLineEnd(tokenizer)
    assert constraint.allowed([]) is None
    assert constraint.allowed([newline, word]) is None
    assert constraint.allowed([word, newline]) == ()
