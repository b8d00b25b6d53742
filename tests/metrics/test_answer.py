from hypothesis import given
from hypothesis import strategies as st

from callwright_training.metrics import Answer
from callwright_training.metrics.answer import unescape

ESCAPED = (
    "<<<domain>>>: Audio\\n<<<api_call>>>: pipeline('asr', model='a/b')\\n<<<api_provider>>>: X\\n"
    '<<<code>>>: import os\\nprint(\\"hi\\")\\n"'
)


def test_gorillas_double_escapes_and_stray_quote_are_undone():
    answer = Answer.read(ESCAPED)

    assert answer.call == "pipeline('asr', model='a/b')"
    assert answer.code == 'import os\nprint("hi")'
    assert answer.text == ESCAPED


def test_a_stray_quote_does_not_stick_to_the_call():
    assert Answer.read("<<<code>>>: x\\n<<<api_call>>>: f('x')\\n\"").call == "f('x')"


def test_a_text_that_is_not_escaped_stays():
    assert unescape('print("a")') == 'print("a")'


def test_a_fenced_block_is_the_script():
    assert Answer.read("Sure:\n```python\nx = 1\n```\nDone.").code == "x = 1"
    assert Answer.read("<<<code>>>: ```python\nx = 1\n```").code == "x = 1"


def test_prose_has_neither_call_nor_script():
    answer = Answer.read("The game was played in 2016.")

    assert (answer.call, answer.code) == (None, None)


def test_tensorhub_separates_sections_by_commas():
    assert (
        Answer.read("<<<domain>>>: D, <<<api_call>>>: hub.load('u'), <<<api_provider>>>: T").call
        == "hub.load('u')"
    )


@given(st.text(alphabet="<>apicode_l:\\n\"'`( )", max_size=200))
def test_any_text_can_be_read(text):
    answer = Answer.read(text)

    assert answer.text == text
    assert answer.code != ""
    assert answer.call != ""


@given(st.text(st.characters(exclude_characters='<`\\"'), min_size=1).filter(str.strip))
def test_what_is_written_in_sections_is_read_again(code):
    made = Answer.of(call="f('x')", code=code.strip())

    assert Answer.read(made.text).call == "f('x')"
    assert Answer.read(made.text).code == code.strip()
