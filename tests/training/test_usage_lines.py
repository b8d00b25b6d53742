"""What supervised fine-tuning learns to write below a call: a record's script without the call."""

import json

import pytest

from callwright_training.records import read_records
from callwright_training.sft.examples import texts_of
from callwright_training.sft.settings import SFT

IMPORT = "from transformers import pipeline\n"
CALL = "pipeline('summarization', model='facebook/bart-large-cnn')"
ABOVE = f"# Sum up.\n{IMPORT}pipe = {CALL}\n"


@pytest.fixture
def texts(tmp_path):
    def texts(code, target="usage"):
        path = tmp_path / "records.jsonl"
        row = {"instruction": "Sum up.", "domain": "Text", "api_call": CALL, "code": code}
        path.write_text(json.dumps(row) + "\n")
        return texts_of(read_records(path).records, SFT(target=target))

    return texts


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        (f"{IMPORT}s = {CALL}\n# Short.\nprint(s('A text.'))\n", "print(pipe('A text.'))\n"),
        (f"{IMPORT}text = 'A text.'\ns = {CALL}\ns(text)\n", "text = 'A text.'\npipe(text)\n"),
        (f"{IMPORT}print({CALL}('A text.'))\n", "print(pipe('A text.'))\n"),
        (f"{IMPORT}s = {CALL}.model\ns()\n", "s = pipe.model\ns()\n"),
        (
            "from transformers import pipeline, AutoTokenizer as A\nimport torch\n"
            f"s = {CALL}\nwith torch.no_grad():\n  s(A)\n",
            "from transformers import AutoTokenizer as A\nimport torch\nwith torch.no_grad():\n    pipe(A)\n",
        ),
        # Another model than the record's: the lines fit the record's own call all the same.
        (f"{IMPORT}s = pipeline('summarization')\ns('A text.')\n", "pipe('A text.')\n"),
    ],
)
def test_the_script_goes_on_below_its_call(texts, code, lines):
    assert texts(code) == [(ABOVE, lines)]


@pytest.mark.parametrize(
    "code",
    [
        "print('no call')\n",
        f"{IMPORT}{CALL}\n",
        f"{IMPORT}s = {CALL}\nprint('not used')\n",
        f"{IMPORT}pipe = 1\ns = {CALL}\ns(pipe)\n",
        f"s = {CALL}\ns('nobody imports it')\n",
        f"{IMPORT}s = {CALL}\ns('unclosed\n",
        "",
    ],
)
def test_a_script_that_does_nothing_with_the_call_teaches_nothing(texts, code):
    assert texts(code) == []


def test_all_are_the_call_the_script_and_the_lines_below(texts):
    code = f"{IMPORT}s = {CALL}\ns('A text.')\n"
    prompts = [prompt for prompt, _ in texts(code, "all")]
    assert len(prompts) == 3
    assert prompts[2] == ABOVE
    assert len(texts(code, "both")) == 2
