import pytest

from callwright_grounding.catalogue import named_ids, parse_call
from callwright_training.metrics import Answer
from callwright_training.metrics.calls import Calls, matches

REFERENCE = "pipeline('fill-mask', model='org/fill')"


@pytest.fixture
def calls(case):
    def score(call, reference=REFERENCE):
        return Calls().score(case(Answer.of(call=call), reference=reference)).scores

    return score


def test_spelling_does_not_count(calls):
    assert calls('unmasker = transformers.pipeline("fill-mask",model="org/fill")')["exact_call"] == 0
    assert calls('unmasker = pipeline("fill-mask",model="org/fill")') == {
        "api_match": 1,
        "exact_call": 1,
        "id_accuracy": 1,
        "invented_ids": 0,
        "names_call": 1,
    }


@pytest.mark.parametrize(
    ("proposed", "expected"),
    [
        ("transformers.pipeline('fill-mask', model='org/fill')", True),
        ("pipeline(task='fill-mask', model='org/fill')", True),
        ("pipeline('fill-mask', 'org/fill')", True),
        ("pipeline('fill-mask', model='org/fill', device=0)", True),
        ("pipeline('fill-mask', model='org/fill', tokenizer='org/other')", False),
        ("pipeline(model='org/fill')", False),
        ("pipeline('ner', model='org/fill')", False),
        ("pipeline('fill-mask', tokenizer='org/fill')", False),
        ("line('fill-mask', model='org/fill')", False),
        ("pipeline('fill-mask', model='org/fills')", False),
    ],
)
def test_the_references_call_must_be_contained_in_the_proposed_one(proposed, expected):
    assert matches(parse_call(proposed), parse_call(REFERENCE)) is expected


def test_an_argument_is_not_counted_twice():
    assert not matches(parse_call("f(1, x='a')"), parse_call("f(1, 1, x='a')"))


def test_ids_are_strings_but_tasks_and_revisions():
    call = parse_call("pipeline('ner', model=A.from_pretrained('a/b'), revision='main', tokenizer='a/c')")

    assert named_ids(call) == ("a/b", "a/c")


def test_an_id_that_the_catalogue_lacks_is_invented(calls):
    assert calls("AutoModel.from_pretrained('org/vat')")["invented_ids"] == 1
    assert calls("AutoModel.from_pretrained('org/vit')")["invented_ids"] == 0


def test_an_answer_without_a_call_is_not_invented_but_shows(calls):
    scores = calls(None)

    assert (scores["invented_ids"], scores["names_call"], scores["id_accuracy"]) == (0, 0, 0)


def test_a_reference_without_an_id_does_not_measure_ids(calls):
    assert calls("f()", reference="f()")["id_accuracy"] is None


def test_a_reference_that_is_no_python_is_matched_by_its_text(calls):
    assert calls("./run.sh --fast", reference="./run.sh --fast")["exact_call"] == 1


def test_without_api_call_the_scripts_first_call_with_a_known_id_counts(case):
    code = "import x\nt = Tokenizer.from_pretrained('unheard')\nm = AutoModel.from_pretrained('org/vit')\n"

    assert case(code).proposed.text == "AutoModel.from_pretrained('org/vit')"


def test_of_two_calls_in_a_line_the_first_counts(calls):
    assert calls(f"{REFERENCE}, AutoTokenizer.from_pretrained('org/fill')")["api_match"] == 1
