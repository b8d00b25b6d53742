"""``rlaif-train evaluate --model`` and ``--endpoint``: a tiny real model, a real server on this machine."""

import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from click.testing import CliRunner

from callwright_grounding.errors import UserError
from callwright_server.suggest.suggester import Suggester
from callwright_training.cli import rlaif_train
from callwright_training.evaluation import Summary
from callwright_training.evaluation.systems.model import call_below_imports

ANSWER = "<<<api_call>>>: AutoModel.from_pretrained('org/vit')\n<<<code>>>: m = 1"


@pytest.fixture
def evaluate(tmp_path):
    """Evaluates on three questions and returns the answers kept, as JSON values."""
    rows = [
        {"instruction": f"Classify image {n}.", "api_call": "AutoModel.from_pretrained('org/vit')"}
        for n in range(3)
    ]
    _write(tmp_path / "records.jsonl", [{**row, "domain": "Vision", "code": "m = 1"} for row in rows])
    api = {"domain": "Vision", "api_name": "org/vit", "api_call": "AutoModel.from_pretrained('org/vit')"}
    _write(tmp_path / "api.jsonl", [api])

    def run(*options):
        base = ["evaluate", "--records", tmp_path / "records.jsonl", "--catalogue", tmp_path / "api.jsonl"]
        arguments = [*base, "--metrics", "calls,parses", "--out", tmp_path / "out", *options]
        result = CliRunner().invoke(rlaif_train, [str(each) for each in arguments], standalone_mode=False)
        if result.exception:
            raise result.exception
        lines = (tmp_path / "out/answers.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    return run


@pytest.fixture
def endpoint():
    """A server that speaks as much of the protocol as is needed; it refuses from the given request on."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.bodies.append(body)
            message = {"choices": [{"message": {"content": ANSWER}}]}
            status = 200 if len(server.bodies) <= server.patience else 404
            reply = json.dumps(message if status == 200 else {"error": {"message": "no such model"}}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.bodies, server.patience = [], 1000
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.url = f"http://127.0.0.1:{server.server_port}/v1"
    yield server
    server.shutdown()


def test_an_endpoint_is_asked_every_question_and_nothing_of_the_reference(evaluate, endpoint, tmp_path):
    answers = evaluate("--endpoint", endpoint.url, "--endpoint-model", "big")

    assert [answer["call"] for answer in answers] == ["AutoModel.from_pretrained('org/vit')"] * 3
    asked = json.dumps([body["messages"][-1] for body in endpoint.bodies])
    assert "Classify image 2." in asked
    assert "org/vit" not in asked
    summary = Summary.load(tmp_path / "out/summary.json")
    assert (summary.figures["exact_call"], summary.system["name"]) == (100, "big")
    assert summary.latency_ms["median"] > 0


def test_what_was_answered_is_not_asked_again(evaluate, endpoint):
    endpoint.patience = 2
    with pytest.raises(UserError, match="no such model"):
        evaluate("--endpoint", endpoint.url, "--endpoint-model", "big")
    endpoint.patience = 1000
    before = len(endpoint.bodies)

    answers = evaluate("--endpoint", endpoint.url, "--endpoint-model", "big")

    assert len(answers) == 3
    assert len(endpoint.bodies) == before + 1


def test_samples_have_seeds_of_their_own(evaluate, endpoint, tmp_path):
    evaluate("--endpoint", endpoint.url, "--endpoint-model", "big", "--samples", "2", "--limit", "1")

    first, second = endpoint.bodies
    assert first["seed"] != second["seed"]
    assert first["temperature"] > 0
    summary = Summary.load(tmp_path / "out/summary.json")
    assert (summary.n, summary.records) == (2, 1)


def test_a_baseline_finds_the_nearest_entry(tmp_path, small_catalogue):
    answers = _on_the_small_catalogue(tmp_path, small_catalogue, "--baseline", "bm25")

    assert [answer["call"] for answer in answers] == [entry.text for entry in small_catalogue][2:4]
    assert answers[1]["code"].startswith("from transformers import AutoModel\n")


@pytest.mark.slow
def test_a_bundle_is_asked_as_an_editor_asks(tmp_path, small_catalogue, tiny_bundle):
    answers = _on_the_small_catalogue(tmp_path, small_catalogue, "--bundle", tiny_bundle.path)

    assert all(answer["call"] in small_catalogue for answer in answers)
    assert answers[1]["code"].startswith("from transformers import AutoModel\n")
    summary = Summary.load(tmp_path / "out/summary.json")
    assert summary.figures["invented_ids"] == 0
    assert summary.system["kind"] == "bundle"
    assert summary.about["catalogue_version"] == small_catalogue.version


@pytest.mark.slow
def test_a_bundle_also_writes_the_lines_below_its_call(tmp_path, small_catalogue, tiny_bundle, monkeypatch):
    def script(suggester, document, chosen, *, stop, written):
        return replace(chosen, text=f"{chosen.text}\nprint({document.text!r})")

    monkeypatch.setattr(Suggester, "script", script)  # the tiny model's own lines are never worth keeping
    (tmp_path / "call").mkdir()
    (tmp_path / "script").mkdir()
    asked = ("--bundle", tiny_bundle.path)
    calls = _on_the_small_catalogue(tmp_path / "call", small_catalogue, *asked)
    wholes = _on_the_small_catalogue(tmp_path / "script", small_catalogue, *asked, "--form", "script")

    assert [whole["call"] for whole in wholes] == [call["call"] for call in calls]
    task = "# Do computer vision image classification.\n"
    assert wholes[0]["code"] == f"{calls[0]['code']}\nprint({task!r})"


@pytest.mark.slow
def test_a_model_continues_the_training_prompt_and_is_not_run_twice(evaluate, tmp_path):
    first = evaluate("--model", "tiny", "--max-tokens", "20", "--limit", "1")
    answers = evaluate("--model", "tiny", "--max-tokens", "20")

    assert answers[0] == first[0]
    assert [answer["question_id"] for answer in answers] == [1, 2, 3]
    assert "\n" not in (answers[0]["call"] or "")
    assert Summary.load(tmp_path / "out/summary.json").latency_ms["median"] > 0


@pytest.mark.parametrize(
    ("lines", "call", "code"),
    [
        (["f('x')"], "f('x')", "import known\nf('x')"),
        (["import a", "from b import c", "c('x')\nmore"], "c('x')", "import a\nfrom b import c\nc('x')"),
        (["", "f()"], None, None),
        (["import a", ""], None, "import a\n"),
        ([f"import a{n}" for n in range(9)], None, "".join(f"import a{n}\n" for n in range(6))),
    ],
)
def test_a_model_may_import_before_it_calls(lines, call, code):
    written = iter(lines)
    seen = []
    answer = call_below_imports(lambda above: seen.append(above) or next(written), lambda _: "import known\n")
    assert (answer.call, answer.code) == (call, code)
    assert seen[0] == ""
    assert len(seen) <= 6


@pytest.mark.slow
def test_an_adapters_folder_is_put_on_its_base(evaluate, tmp_path):
    from callwright_training.bases import load_base
    from callwright_training.sft.adapter import save, tunable
    from callwright_training.sft.settings import SFT

    base = load_base("tiny")
    tuned = tunable(base, SFT())
    for name, weights in tuned.named_parameters():
        if "lora_B" in name:
            weights.data.fill_(0.5)
    save(tuned, base, tmp_path / "sft" / "adapter")
    plain = evaluate("--model", "tiny", "--max-tokens", "8", "--limit", "1")
    (tmp_path / "out/answers.jsonl").unlink()

    adapted = evaluate("--model", tmp_path / "sft", "--max-tokens", "8", "--limit", "1")

    assert adapted[0]["text"] != plain[0]["text"]


@pytest.mark.slow
def test_a_sampled_model_repeats_itself_with_the_same_seed(evaluate, tmp_path):
    options = ("--model", "tiny", "--form", "script", "--samples", "2", "--limit", "1", "--max-tokens", "12")
    first, second = evaluate(*options)
    (tmp_path / "out/answers.jsonl").unlink()

    assert first["text"] != second["text"]
    assert [answer["text"] for answer in evaluate(*options)] == [first["text"], second["text"]]


def _on_the_small_catalogue(folder, catalogue, *options):
    """The answers to two questions whose words are those of the third and the fourth entry."""
    catalogue.save(folder / "catalogue.jsonl")
    questions = ("Do computer vision image classification.", "I want multimodal feature extraction.")
    calls = [entry.text for entry in catalogue][2:4]
    rows = [{"instruction": text, "api_call": call} for text, call in zip(questions, calls, strict=True)]
    _write(folder / "records.jsonl", rows)
    given = [] if "--bundle" in options else ["--catalogue", folder / "catalogue.jsonl"]
    arguments = ["evaluate", "--records", folder / "records.jsonl", "--out", folder / "out", *given, *options]
    CliRunner().invoke(rlaif_train, [str(each) for each in arguments], catch_exceptions=False)
    return [json.loads(line) for line in (folder / "out/answers.jsonl").read_text().splitlines()]


def _write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
