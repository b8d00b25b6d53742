from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from callwright_server.prompt import (
    CODE_BUDGET,
    IMPORT_BUDGET,
    Prompt,
    call_example,
    script_example,
    usage_example,
)

LINES = st.lists(
    st.sampled_from(["import os", "x = 1", "", "def f():", "    return 'häß'  # note", "y" * 90]), max_size=60
)


def test_what_training_teaches_is_what_the_cursor_asks():
    prompt, target = call_example("Fill the blank in\n a sentence", "pipeline('fill-mask')", code="import os")
    assert prompt == "import os\n# Fill the blank in a sentence\n"
    assert target == "pipeline('fill-mask')\n"
    assert Prompt.at("import os\n# Fill the blank\n#   in a sentence\n").render() == prompt
    assert script_example("Say hello", "\nprint('hello')\n") == ("# Say hello\n", "print('hello')\n")


def test_lines_below_a_call_are_asked_for_as_the_buffer_stands():
    prompt, lines = usage_example(
        "Fill  the\nblank",
        "pipeline('fill-mask')",
        target="pipe",
        imports=("import a", "import b"),
        lines="pipe()\n",
    )
    buffer = "# Fill the blank\nimport a\nimport b\npipe = pipeline('fill-mask')\n"
    assert (prompt, lines) == (buffer, "pipe()\n")
    assert Prompt.at(buffer).render() == prompt


def test_comments_take_the_indentation_of_the_cursor():
    prompt = Prompt.at("def f():\r\n    # Add  two\r\n    x = ", candidates=["add(1, 2)", "sum([1, 2])"])
    assert prompt.task == "Add two"
    assert prompt.render() == "def f():\n    # Candidates: add(1, 2); sum([1, 2])\n    # Add two\n    x = "


def test_imports_above_the_cut_are_kept():
    code = "import torch\n" + "x = 1\n" * 2000
    rendered = Prompt.at(code + "y = ").render()
    assert rendered.startswith("import torch\nx = 1\n")
    assert rendered.endswith("x = 1\ny = ")


@given(LINES)
def test_the_budget_is_kept_and_nothing_is_invented(lines):
    before = "\n".join(lines)
    rendered = Prompt.at(before).render()
    assert len(rendered) <= CODE_BUDGET + IMPORT_BUDGET + 2 * 90
    assert set(rendered.split("\n")) <= set(lines) | {""}


def test_typing_on_keeps_an_exact_prefix():
    """A page of code typed letter by letter moves the cut only once in many hundred letters."""
    script = "import os\n" + "".join(f"value_{number} = os.getpid() + {number}\n" for number in range(150))
    texts = [Prompt.at(script[:end]).render() for end in range(len(script))]
    moved = sum(not now.startswith(before) for before, now in pairwise(texts))
    assert moved <= len(script) / (CODE_BUDGET / 2) + 1
