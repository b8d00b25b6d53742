"""``rlaif-train evaluate``, through the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from callwright_grounding.errors import UserError
from callwright_training.cli import rlaif_train
from callwright_training.evaluation import Summary, read_results

RECORDS = [
    (
        "Fill the blank.",
        "pipeline('fill-mask', model='org/fill')",
        "Fill-Mask",
        "p = pipeline('fill-mask')\np('a')",
    ),
    (
        "Look at it.",
        "AutoModel.from_pretrained('org/vit')",
        "Vision",
        "m = AutoModel.from_pretrained('org/vit')",
    ),
    ("Listen to it.", "AutoModel.from_pretrained('org/hubert')", "Audio", ""),
]


@pytest.fixture
def benchmark(tmp_path):
    """A tiny benchmark in APIBench's form: records.json and api.jsonl in a folder."""
    records, apis = [], []
    for instruction, call, domain, code in RECORDS:
        api = {"domain": domain, "framework": "T", "api_name": call.split("'")[-2], "api_call": call}
        section = f"\n<<<code>>>: {code}" if code else ""
        output = f"<<<domain>>>: {domain}\n<<<api_call>>>: {call}{section}"
        text = f"###Instruction: {instruction}\n###Output: {output}"
        records.append({"code": text, "api_call": call, "provider": "T", "api_data": api})
        apis.append(api)
    _write(tmp_path / "records.json", records)
    _write(tmp_path / "api.jsonl", apis)
    return tmp_path


@pytest.fixture
def evaluate(benchmark):
    def run(*options):
        base = [
            "evaluate",
            "--records",
            str(benchmark / "records.json"),
            "--catalogue",
            str(benchmark / "api.jsonl"),
        ]
        result = CliRunner().invoke(rlaif_train, [*base, *map(str, options)], standalone_mode=False)
        if result.exception:
            raise result.exception
        return result

    return run


@pytest.fixture
def responses(benchmark):
    def write(*answers):
        path = benchmark / "responses.jsonl"
        rows = [
            {"question_id": number, "text": _text(call, code)}
            for number, (call, code) in enumerate(answers, 1)
        ]
        _write(path, rows)
        return path

    return write


def test_a_perfect_and_a_wrong_answer(evaluate, responses, benchmark):
    path = responses((RECORDS[0][1], RECORDS[0][3]), ("AutoModel.from_pretrained('org/unheard')", "x = ("))

    evaluate("--responses", path, "--json", benchmark / "summary.json")

    found = json.loads((benchmark / "summary.json").read_text())
    expected = {
        "n": 2,
        "gorilla_accuracy": 50,
        "gorilla_hallucination": 50,
        "exact_call": 50,
        "api_match": 50,
        "invented_ids": 50,
        "parses": 50,
        "executability_strict": None,
    }
    assert {name: found[name] for name in expected} == expected
    assert found["about"]["unanswered"] == 1
    assert found["rouge_mean"] == 50
    assert found["not_measured"]["executability_strict"]


def test_figures_without_a_reference_script_are_not_measured(evaluate, responses, benchmark):
    evaluate(
        "--responses", responses(("f()", "x"), ("f()", "x"), ("f()", "x")), "--json", benchmark / "s.json"
    )

    assert json.loads((benchmark / "s.json").read_text())["measured_on"]["codebleu"] == 2


def test_the_table_shows_each_figure(evaluate, responses):
    shown = evaluate("--responses", responses((RECORDS[0][1], "x = 1")), "--name", "mine").stdout

    assert "gorilla_accuracy" in shown
    assert "mine" in shown


def test_json_on_stdout_is_nothing_but_json(evaluate, responses):
    shown = evaluate("--responses", responses((RECORDS[0][1], "x = 1")), "--json", "-").stdout

    assert json.loads(shown)["exact_call"] == 100


def test_question_ids_come_from_the_sidecar(evaluate, benchmark):
    (benchmark / "records.question_ids.json").write_text("[10, 20, 30]")
    _write(benchmark / "r.jsonl", [{"question_id": 20, "text": _text(RECORDS[1][1], "")}])

    evaluate("--responses", benchmark / "r.jsonl", "--json", benchmark / "s.json")

    assert json.loads((benchmark / "s.json").read_text())["exact_call"] == 100


def test_several_answers_to_one_question_are_samples(evaluate, benchmark):
    _write(
        benchmark / "r.jsonl",
        [{"question_id": 1, "text": _text(call, "")} for call in (RECORDS[0][1], "f()")],
    )

    evaluate("--responses", benchmark / "r.jsonl", "--out", benchmark / "out")

    summary = Summary.load(benchmark / "out/summary.json")
    assert (summary.n, summary.records, summary.figures["exact_call"]) == (2, 1, 50)


def test_a_killed_evaluation_goes_on_where_it_stopped(evaluate, responses, benchmark):
    options = (
        "--responses",
        responses((RECORDS[0][1], "x = 1"), ("f()", "y = 2")),
        "--out",
        benchmark / "out",
    )
    evaluate(*options)
    file = benchmark / "out/results.jsonl"
    first, second = file.read_text().splitlines()
    forged = json.loads(first)
    forged["scores"]["exact_call"] = 0.25
    file.write_text(json.dumps(forged) + "\n" + second[:40])

    evaluate(*options)

    assert [result.scores["exact_call"] for result in read_results(file)] == [0.25, 0]


def test_another_catalogue_is_scored_anew(evaluate, responses, benchmark):
    options = (
        "--responses",
        responses(("AutoModel.from_pretrained('org/new')", "")),
        "--out",
        benchmark / "out",
    )
    evaluate(*options)
    api = {"domain": "Vision", "api_name": "org/new", "api_call": "AutoModel.from_pretrained('org/new')"}
    with (benchmark / "api.jsonl").open("a") as file:
        file.write(json.dumps(api) + "\n")

    evaluate(*options)

    assert Summary.load(benchmark / "out/summary.json").figures["invented_ids"] == 0


def test_the_static_tier_says_why_a_script_must_fail(evaluate, responses, benchmark, monkeypatch):
    monkeypatch.setenv("CALLWRIGHT_HOME", str(benchmark))
    hub = benchmark / "environments/current/hub"
    hub.mkdir(parents=True)
    (hub / "index.json").write_text('{"repositories": {}}')
    (hub.parent / "prepared.json").write_text("{}")
    path = responses(("f()", "x = 1\nprint(x)"), ("f()", "print(unheard)"))

    evaluate(
        "--responses", path, "--metrics", "static", "--environment", "current", "--out", benchmark / "out"
    )

    assert Summary.load(benchmark / "out/summary.json").figures["static_ok"] == 50
    assert "'unheard' is not defined" in read_results(benchmark / "out/results.jsonl")[1].notes["static_ok"]


def test_an_unprepared_environment_is_told_before_the_work(evaluate, responses, benchmark, monkeypatch):
    monkeypatch.setenv("CALLWRIGHT_HOME", str(benchmark))

    with pytest.raises(UserError, match="rlaif-train environment prepare"):
        evaluate("--responses", responses(("f()", "x")), "--metrics", "execution", "--out", benchmark / "out")

    assert not (benchmark / "out/results.jsonl").exists()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_scripts_run_in_the_prepared_environment(evaluate, responses, benchmark):
    from callwright_training.errors import SandboxError
    from callwright_training.execution.environment import Environment

    try:
        Environment.find("2024")
    except SandboxError as error:
        pytest.skip(str(error))
    path = responses((RECORDS[0][1], "print(1)"), ("f()", "open('photo.jpg').read(1)"), ("f()", "1 / 0"))

    evaluate("--responses", path, "--metrics", "calls,execution", "--out", benchmark / "out")

    results = read_results(benchmark / "out/results.jsonl")
    assert [result.scores["executability_strict"] for result in results] == [1, 0, 0]
    assert [result.scores["executability_and_api"] for result in results] == [1, 0, 0]
    assert "ZeroDivisionError" in results[2].notes["executability_strict"]


def test_metrics_can_be_added_later(evaluate, responses, benchmark):
    options = ("--responses", responses((RECORDS[0][1], RECORDS[0][3])), "--out", benchmark / "out")
    evaluate(*options, "--metrics", "calls")
    assert Summary.load(benchmark / "out/summary.json").figures["rouge_mean"] is None

    evaluate(*options, "--metrics", "calls,rouge")

    assert Summary.load(benchmark / "out/summary.json").figures["rouge_mean"] == 100


def test_folds_cover_every_record_once(evaluate, responses, benchmark):
    path = responses(*[("f()", "x")] * 3)
    seen = []
    for fold in ("1/3", "2/3", "3/3"):
        evaluate("--responses", path, "--fold", fold, "--out", benchmark / fold[0])
        seen += [result.question_id for result in read_results(benchmark / fold[0] / "results.jsonl")]

    assert sorted(seen) == [1, 2, 3]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "exactly one of"),
        (("--responses", "a", "--bundle", "b"), "exactly one of"),
        (("--responses", "nowhere.jsonl"), "cannot read the responses"),
        (("--responses", "RESPONSES", "--metrics", "bleu"), "no metric is called 'bleu'"),
        (("--responses", "RESPONSES", "--fold", "6/5"), "write the fold and their number"),
        (("--responses", "RESPONSES", "--fold", "1/2", "--held-out", "0.1"), "not both"),
        (("--responses", "RECORDS"), "not a response"),
        (("--endpoint", "http://127.0.0.1:1/v1"), "--endpoint-model"),
    ],
)
def test_mistakes_are_told_in_one_line(evaluate, responses, benchmark, options, message):
    places = {"RESPONSES": responses(("f()", "")), "RECORDS": benchmark / "api.jsonl"}
    with pytest.raises(UserError, match=message) as error:
        evaluate(*(places.get(option, option) for option in options))

    assert "\n" not in str(error.value)


def test_responses_to_other_questions_are_refused(evaluate, benchmark):
    _write(benchmark / "r.jsonl", [{"question_id": 77, "text": "f()"}])

    with pytest.raises(UserError, match="none of its 1 responses"):
        evaluate("--responses", benchmark / "r.jsonl")


def test_help_is_instant_and_imports_nothing_heavy():
    code = "import sys; from callwright_training.commands import evaluate; print(sorted(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert "'torch'" not in shown
    assert "'tree_sitter'" not in shown


@pytest.mark.slow
@pytest.mark.gorilla
def test_gorillas_own_answers_over_two_processes(tmp_path):
    data = Path(os.environ.get("CALLWRIGHT_DATA") or Path(__file__).parents[2] / "../shared/data") / "gorilla"
    if not data.is_dir():
        pytest.skip("APIBench's files are not here; CALLWRIGHT_DATA says where they are")
    options = ["--responses", data / "responses/gorilla-7b.FT_0_shot.jsonl"]
    options += ["--records", data / "apibench/huggingface_eval.json"]
    options += [
        "--catalogue",
        data / "api/huggingface_api.jsonl",
        "--json",
        tmp_path / "s.json",
        "--jobs",
        "2",
    ]

    CliRunner().invoke(rlaif_train, ["evaluate", *map(str, options)], catch_exceptions=False)

    found = json.loads((tmp_path / "s.json").read_text())
    expected = {
        "gorilla_accuracy": 70.46,
        "gorilla_hallucination": 10.07,
        "rouge_1": 46.30,
        "rouge_2": 31.12,
        "rouge_l": 42.29,
        "rouge_lsum": 45.72,
        "codebleu": 37.83,
        "codebleu_corpus": 36.86,
        "exact_call": 20.13,
    }
    assert {name: round(found[name], 2) for name in expected} == expected
    assert found["n"] == 606


def _text(call, code):
    return f"<<<api_call>>>: {call}\n<<<api_provider>>>: T\n<<<code>>>: {code}"


def _write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
