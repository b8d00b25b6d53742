import json

import pytest

from callwright_training.metrics import Answer, Known
from callwright_training.metrics.gorilla import Api, Gorilla, benchmark_of
from callwright_training.records import read_records

APIS = [
    Api("pipeline('fill-mask', model='t5')", "Fill-Mask"),
    Api("pipeline('fill-mask', model='mt5')", "Other"),
    Api("AutoModel.from_pretrained('org/vit')", "Vision"),
    Api("NoArguments()", "Empty"),
    Api("./run.sh --fast", "Shell"),
]


@pytest.fixture
def verdict(case):
    def judge(call, domain="Fill-Mask", benchmark=None, apis=APIS):
        text = f"<<<api_call>>>: {call}\n<<<api_provider>>>: P" if "api_call" not in call else call
        measured = Gorilla(apis, benchmark=benchmark).score(case(Answer.read(text), domain=domain))
        return measured.scores["gorilla_accuracy"], measured.scores["gorilla_hallucination"]

    return judge


CORRECT, WRONG, INVENTED = (1, 0), (0, 0), (0, 1)


def test_the_same_domain_is_right_and_another_is_not(verdict):
    assert verdict("pipeline('fill-mask', model='t5')") == CORRECT
    assert verdict("pipeline('fill-mask', model='t5')", domain="Vision") == WRONG


def test_no_match_is_a_hallucination(verdict):
    assert verdict("pipeline('fill-mask', model='unheard-of')") == INVENTED


def test_arguments_match_as_substrings_and_the_first_entry_wins(verdict):
    assert verdict("pipeline('fill-mask', model='mt5')", domain="Other") == WRONG
    assert verdict("pipeline('fill-mask', model='mt5')") == CORRECT


def test_without_the_callable_the_last_subtree_is_searched(verdict):
    assert verdict("whatever('org/vit')", domain="Vision") == CORRECT
    assert verdict("whatever(f(1), 'org/vit')", domain="Vision") == INVENTED


def test_the_first_subtree_with_the_callable_counts(verdict):
    both = "f(pipeline('fill-mask', model='no'), pipeline('fill-mask', model='t5'))"

    assert verdict(both) == CORRECT
    assert verdict("f(pipeline('fill-mask', model='t5'), pipeline('fill-mask', model='no'))") == INVENTED


def test_an_entry_without_arguments_matches_nothing(verdict):
    assert verdict("NoArguments()", domain="Empty") == INVENTED


def test_torchhub_ignores_an_answer_without_api_call(case):
    apis = [Api("torch.hub.load(repo_or_dir='a/b', model='m', pretrained=True)", "Vision")]
    prose = case(Answer.read("It was in 2016."))

    assert benchmark_of(apis) == "torchhub"
    assert Gorilla(apis).score(prose).scores == {"gorilla_accuracy": 0, "gorilla_hallucination": 0}
    assert Gorilla(apis, benchmark="huggingface").score(prose).scores["gorilla_hallucination"] == 1


def test_torchhub_looks_at_repository_and_model_only(verdict):
    apis = [Api("torch.hub.load(repo_or_dir='a/b', model='m', pretrained=True)", "Vision")]

    assert verdict("torch.hub.load('a/b', 'm', pretrained=False)", "Vision", apis=apis) == CORRECT
    assert verdict("torch.hub.load('a/c', 'm', pretrained=True)", "Vision", apis=apis) == INVENTED


def test_tensorhub_takes_keywords_whole(verdict):
    apis = [Api("hub.KerasLayer('https://tfhub.dev/x/1', trainable=True)", "Embedding")]

    assert (
        verdict("hub.KerasLayer('https://tfhub.dev/x/1', trainable=True)", "Embedding", apis=apis) == CORRECT
    )
    assert (
        verdict("hub.KerasLayer('https://tfhub.dev/x/1', trainable=False)", "Embedding", apis=apis)
        == INVENTED
    )


@pytest.mark.gorilla
@pytest.mark.parametrize(
    ("name", "accuracy", "hallucination"),
    [("FT_0_shot", 70.46, 10.07), ("RT_bm25", 16.50, 5.78), ("RT_oracle", 89.77, 7.43)],
)
def test_the_published_responses_score_what_the_published_script_gives(
    apibench, name, accuracy, hallucination
):
    known = Known.load(apibench / "api/huggingface_api.jsonl")
    records = {
        record.question_id: record for record in read_records(apibench / "apibench/huggingface_eval.json")
    }
    lines = (apibench / f"responses/gorilla-7b.{name}.jsonl").read_text().splitlines()
    metric = Gorilla(known.apis, raw=known.raw)
    scores = []
    for response in map(json.loads, lines):
        record = records[response["question_id"]]
        scores.append(metric.score(_case(record, response["text"], known)).scores)

    assert len(scores) == 606
    assert _percent(scores, "gorilla_accuracy") == accuracy
    assert _percent(scores, "gorilla_hallucination") == hallucination


@pytest.mark.gorilla
@pytest.mark.parametrize("part", ["torchhub", "tensorflow"])
def test_the_other_parts_references_are_found_in_their_catalogues(apibench, part):
    catalogue = {"torchhub": "torchhub", "tensorflow": "tensorflowhub"}[part]
    known = Known.load(apibench / f"api/{catalogue}_api.jsonl")
    records = read_records(apibench / f"apibench/{part}_eval.json")
    metric = Gorilla(known.apis, raw=known.raw)
    scores = [metric.score(_case(r, Answer.of(call=r.call_raw).text, known)).scores for r in records]

    assert _percent(scores, "gorilla_hallucination") < 2
    assert _percent(scores, "gorilla_accuracy") > 90


def _case(record, text, known):
    from callwright_training.evaluation import Item

    return Item(record=record, answer=Answer.read(text)).case(known.catalogue)


def _percent(scores, key):
    return round(100 * sum(score[key] for score in scores) / len(scores), 2)
