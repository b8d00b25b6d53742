"""What a document becomes when the suggestion at the mark is accepted; ``[]`` where nothing is shown."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callwright_grounding.catalogue import parse_call
from callwright_plugins.suggestion import Suggestion as Seen
from callwright_server.settings import Inline, Settings
from callwright_server.suggest.asking import Kind
from callwright_server.suggest.document import Document
from callwright_server.suggest.lexical import LexicalChooser
from callwright_server.suggest.scan import scan
from callwright_server.suggest.shelf import Shelf
from callwright_server.suggest.suggester import Suggester

Complete = Callable[[str], list[str]]

REVIEWS = "# Tell the sentiment of reviews\n"
FROM = "from transformers import pipeline\n"
KIND = '"text-classification"'
CALL = "pipe = pipeline('text-classification', model='org/reviews')"


@pytest.mark.parametrize(
    ("source", "becomes"),
    [
        (f"{REVIEWS}‸", f"{REVIEWS}{FROM}{CALL}"),
        (f"{FROM}{REVIEWS}‸", f"{FROM}{REVIEWS}{CALL}"),
        (f"{REVIEWS}{FROM}‸", f"{REVIEWS}{FROM}{CALL}"),
        (f"{REVIEWS}fro‸", f"{REVIEWS}{FROM}{CALL}"),
        (f"{FROM}{REVIEWS}p‸", f"{FROM}{REVIEWS}{CALL}"),
        (f"{FROM}{REVIEWS}pipeli‸", f"{FROM}{REVIEWS}{CALL.removeprefix('pipe = ')}"),
        (f"{FROM}{REVIEWS}judge = ‸", f"{FROM}{REVIEWS}{CALL.replace('pipe =', 'judge =')}"),
        (f"{FROM}{REVIEWS}\n‸", f"{FROM}{REVIEWS}\n{CALL}"),
        (f"{FROM}# Tell the sentiment\n# of reviews\n‸", f"{FROM}# Tell the sentiment\n# of reviews\n{CALL}"),
        (f"{FROM}{REVIEWS.rstrip()}‸", f"{FROM}{REVIEWS}{CALL}"),
        (f"{FROM}def f():\n    {REVIEWS}‸", f"{FROM}def f():\n    {REVIEWS}    {CALL}"),
        (f"{FROM}def f():\n    {REVIEWS}    ‸", f"{FROM}def f():\n    {REVIEWS}    {CALL}"),
        (f"{FROM}def f():\n\t{REVIEWS}\t‸", f"{FROM}def f():\n\t{REVIEWS}\t{CALL}"),
        (f"{FROM}x = \"\"\n{REVIEWS}‸", f"{FROM}x = \"\"\n{REVIEWS}{CALL}".replace("'", '"')),
        (f"{REVIEWS}‸".replace("\n", "\r\n"), f"{REVIEWS}{FROM}{CALL}".replace("\n", "\r\n")),
        (f"é = '😀'\n{FROM}{REVIEWS}‸", f"é = '😀'\n{FROM}{REVIEWS}{CALL}"),
    ],
)  # fmt: skip
def test_a_comment_becomes_a_call(completed: Complete, source: str, becomes: str) -> None:
    found = completed(source)[0]
    assert found == becomes
    ast.parse(found)


@pytest.mark.parametrize(
    ("source", "becomes"),
    [
        ("pipeline(‸", "pipeline('text-classification', model='org/reviews')"),
        ("pipeline(‸)", "pipeline('text-classification', model='org/reviews')"),
        ('pipeline("‸', 'pipeline("text-classification", model="org/reviews")'),
        ('pipeline("‸"', 'pipeline("text-classification", model="org/reviews")'),
        ('pipeline("‸")', 'pipeline("text-classification", model="org/reviews")'),
        ('pipeline("‸" )', 'pipeline("text-classification", model="org/reviews")'),
        ('print(pipeline("‸"))', 'print(pipeline("text-classification", model="org/reviews"))'),
        ('pipeline("text‸")', 'pipeline("text-classification", model="org/reviews")'),
        ('pipeline("text-classification", ‸)', 'pipeline("text-classification", model="org/reviews")'),
        (f'pipeline({KIND}, model="‸")', f'pipeline({KIND}, model="org/reviews")'),
        (f'pipeline(task={KIND}, model="‸")', f'pipeline(task={KIND}, model="org/reviews")'),
        ("pipeline(mod‸)", "pipeline(model='org/reviews', task='text-classification')"),
        ('pipeline(model="org/s‸")', 'pipeline(model="org/spam", task="text-classification")'),
        ('pipeline("‸", model="org/spam")', 'pipeline("text-classification", model="org/spam")'),
        ('pipeline("‸", device=0)', 'pipeline("text-classification", device=0)'),
        ('pipeline(\n    "‸"\n)', 'pipeline(\n    "text-classification", model="org/reviews"\n)'),
        ('pipeline("‸")  # noqa', 'pipeline("text-classification", model="org/reviews")  # noqa'),
    ],
)  # fmt: skip
def test_a_call_is_finished(completed: Complete, source: str, becomes: str) -> None:
    found = completed(f"{FROM}{REVIEWS}p = {source}")[0]
    assert found == f"{FROM}{REVIEWS}p = {becomes}"
    ast.parse(found)


@pytest.mark.parametrize(
    ("source", "ends"),
    [
        ('m = AutoModel.from_pretrained("other/‸")', 'AutoModel.from_pretrained("other/large")'),
        (
            'import transformers as t\nm = t.AutoModel.from_pretrained("oth‸',
            't.AutoModel.from_pretrained("other/large")',
        ),
        (
            'from transformers.models.auto import AutoModel as A\nm = A.from_pretrained("oth‸',
            'A.from_pretrained("other/large")',
        ),
        ('m = torch.hub.load("‸")', 'torch.hub.load("org/vision", model="resnet", pretrained=True)'),
        (
            'def find_objects():\n    return pipeline("object‸")',
            'pipeline("object-detection", model="org/boxes")',
        ),
        ('objects_in_image = pipeline("‸")', 'pipeline("object-detection", model="org/boxes")'),
        (
            'def f():\n    """Detect objects."""\n    d = pipeline("‸")',
            'pipeline("object-detection", model="org/boxes")',
        ),
    ],
)
def test_names_around_say_what_is_wanted(completed: Complete, source: str, ends: str) -> None:
    assert completed(source)[0].endswith(ends)


@pytest.mark.parametrize(
    "source",
    [
        "‸",
        "x = 1\n‸",
        "x‸",
        "# noqa: E501 unless sentiment of reviews\n‸",
        "# reviews = sentiment(of, reviews)\n‸",
        "# ---- reviews ----\n‸",
        "# increase the counter by one\n‸",
        f"{REVIEWS}‸\nx = pipeline('text-classification')\n",
        f"{REVIEWS}‸x = 1",
        f"{REVIEWS}x = 1 + ‸",
        f"{REVIEWS[:-5]}‸ of reviews",
        "'''\n# Tell the sentiment of reviews\n‸",
        "x = 'Tell the sentiment of reviews‸",
        "from sklearn.pipeline import pipeline\n# the sentiment of reviews\np = pipeline('‸')",
        "pipeline('‸')",
        "pipeline('text-generation', model='‸')",
        f"{FROM}{REVIEWS}pipeline(f(x)‸)",
        f"{FROM}{REVIEWS}pipeline(‸x)",
        f"{FROM}{REVIEWS}pipeline('te‸xt')",
        f"{FROM}{REVIEWS}pipeline(['‸'])",
        f"{FROM}{REVIEWS}pipeline('a' '‸')",
        f"{FROM}{REVIEWS}pipeline('text-classification', model='org/reviews'‸)",
        "# a call that would not run, by MODEL_ID\n‸",
    ],
)  # fmt: skip
def test_nothing_is_shown_and_the_reason_is_kept(completed: Complete, source: str) -> None:
    assert completed(source) == []


def test_the_menu_keeps_imports_apart(suggester: Suggester) -> None:
    answer = suggester.suggest(Document(REVIEWS), len(REVIEWS), stop=lambda: False, kind=Kind.MENU)
    assert (answer.items[0].text, answer.items[0].imports) == (CALL, (FROM.strip(),))


def test_imports_can_be_switched_off(shelf: Shelf) -> None:
    inline = Settings(inline=Inline(imports=False))
    suggester = Suggester(shelf=shelf, chooser=LexicalChooser(shelf.entries), settings=inline)
    assert suggester.suggest(Document(REVIEWS), len(REVIEWS), stop=lambda: False).items[0].text == CALL


@pytest.mark.parametrize(
    "head", [REVIEWS, FROM + REVIEWS, f'{FROM}{REVIEWS}p = pipeline("', f"{FROM}objects_in = pipeline("]
)
def test_typing_along_needs_no_model_and_changes_nothing(shelf: Shelf, head: str) -> None:
    suggester = Suggester(shelf=shelf, chooser=LexicalChooser(shelf.entries))
    first = suggester.suggest(Document(head), len(head), stop=lambda: False).shown[0]
    whole = head[: first.start] + first.text
    for end in range(len(head), len(whole)):
        around = scan(whole, end)  # an editor has closed what is open
        closed = around.quote + ")" * len(around.brackets)
        for behind in {"", closed} - {whole[end:]}:
            document = Document(whole[:end] + behind)
            known = suggester.peek(document, end)
            assert known is not None, document
            fresh = Suggester(shelf=shelf, chooser=LexicalChooser(shelf.entries))
            for answer in (known, fresh.suggest(document, end, stop=lambda: False)):
                best = answer.shown[0]
                assert document.text[: best.start] + best.text + document.text[best.end :] == whole


def test_a_stopped_request_leaves_nothing_behind(shelf: Shelf) -> None:
    suggester = Suggester(shelf=shelf, chooser=LexicalChooser(shelf.entries))
    document = Document(REVIEWS)
    answer = suggester.suggest(document, len(REVIEWS), stop=lambda: True)
    assert (answer.items, answer.complete) == ((), False)
    assert suggester.peek(document, len(REVIEWS)) is None
    assert (
        suggester.suggest(document, len(REVIEWS), stop=lambda: False, deadline=0.0).reason
        == "there was no time"
    )
    assert suggester.suggest(document, len(REVIEWS), stop=lambda: False).shown


def test_filters_hold_back_and_are_dropped_when_they_raise(shelf: Shelf) -> None:
    asked: list[str] = []

    def broken(seen: Seen) -> str | None:
        asked.append(seen.text)
        raise RuntimeError("a plugin's mistake")

    def no_reviews(seen: Seen) -> str | None:
        return "not that one" if "reviews" in seen.text else None

    filters = {"broken": broken, "picky": no_reviews}
    suggester = Suggester(shelf=shelf, chooser=LexicalChooser(shelf.entries), filters=filters)
    source = f'{FROM}{REVIEWS}p = pipeline("text-classification", model="org/r'
    answer = suggester.suggest(Document(source), len(source), stop=lambda: False)
    assert (answer.items, answer.reason) == ((), "picky: not that one")
    assert len(asked) == 1


PIECES = [
    "# sentiment of reviews",
    "\n",
    "\r\n",
    "    ",
    "pipeline(",
    "'",
    '"',
    ")",
    ",",
    "model=",
    "x = ",
    "org/",
    "😀",
]
PIECES += ["AutoModel.from_pretrained(", "(", "]", FROM, "import torch\n", "'''", "#"]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(PIECES),
        max_size=14,
    ),
    st.data(),
)
def test_any_buffer_gets_an_answer_within_its_line(
    shelf: Shelf, parts: list[str], data: st.DataObject
) -> None:
    text = "".join(parts)
    offset = data.draw(st.integers(0, len(text)))
    suggester = Suggester(shelf=shelf, chooser=LexicalChooser(shelf.entries))
    document = Document(text)
    answer = suggester.suggest(document, offset, stop=lambda: False)
    assert answer.items or answer.reason
    for item in answer.items:
        assert item.start <= offset <= item.end
        assert document.place(item.start)[0] == document.place(item.end)[0]
        assert item.text.startswith(text[item.start : offset]) or not text[item.start : offset].strip()
        assert item.entry is not None
        if item.text.strip().startswith("pipe = "):
            call = parse_call(item.text)
            assert call is not None
            assert call.text in {entry.text for entry in shelf.entries}
