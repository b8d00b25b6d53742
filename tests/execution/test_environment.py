import json

import pytest
from click.testing import CliRunner

from callwright_training.cli import rlaif_train
from callwright_training.errors import SandboxError
from callwright_training.execution.canaries import CANARIES, check
from callwright_training.execution.environment import Environment
from callwright_training.execution.failures import to_verdict
from callwright_training.execution.inside.architectures import guess, shrink

try:
    PREPARED = Environment.find("2024")
except SandboxError:
    PREPARED = None

needs_environment = pytest.mark.skipif(PREPARED is None, reason="rlaif-train environment prepare")


@pytest.mark.slow
@needs_environment
@pytest.mark.timeout(1200)
def test_canaries_get_the_verdicts_they_must_get():
    report = check(PREPARED)
    assert report.wrong == ()
    assert report.total == 2 * len(CANARIES)


@pytest.mark.slow
@needs_environment
@pytest.mark.timeout(600)
def test_a_script_tried_from_the_shell_says_what_it_loaded(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("from transformers import pipeline\npipeline('fill-mask', model='bert-base-uncased')")
    done = CliRunner().invoke(
        rlaif_train, ["environment", "try", str(script), "--json"], catch_exceptions=False
    )
    verdict = json.loads(done.output)
    assert verdict["ok"]
    assert verdict["models"] == ["bert-base-uncased"]


def test_an_unprepared_environment_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("CALLWRIGHT_HOME", str(tmp_path))
    done = CliRunner().invoke(rlaif_train, ["environment", "check"])
    assert isinstance(done.exception, SandboxError)
    assert "rlaif-train environment prepare --versions 2024" in str(done.exception)


@pytest.mark.parametrize(
    ("name", "call", "domain", "expected"),
    [
        ("org/my-roberta-large", "AutoModel.from_pretrained('org/my-roberta-large')", "Fill-Mask", "roberta"),
        ("org/speecht5_x", "SpeechT5Model.from_pretrained('org/speecht5_x')", "Text-to-Speech", "speecht5"),
        ("org/plain", "DebertaModel.from_pretrained('org/plain')", "Fill-Mask", "deberta"),
        ("org/plain", "pipeline('x', model='org/plain')", "Computer Vision Depth Estimation", "dpt"),
        (
            "org/plain",
            "DDPMPipeline.from_pretrained('org/plain')",
            "Unconditional Image Generation",
            "diffusion",
        ),
        ("org/plain", "load_model('org/plain')", "Astrology", ""),
    ],
)
def test_architecture_by_name_then_class_then_domain(name, call, domain, expected):
    entry = {"name": name, "call": call, "domain": domain, "framework": "transformers", "example": ""}
    found = guess(entry, {"DebertaModel": "deberta", "SpeechT5Model": "speecht5"})
    assert found.model_type == expected
    assert found.repositories == (name,)


def test_nested_configurations_shrink_too():
    config = {"hidden_size": 768, "text_config": {"d_model": 512, "vocab_size": 7}, "depths": [2, 2, 18]}
    assert shrink(config, "x") == {
        "hidden_size": 32,
        "text_config": {"d_model": 32, "vocab_size": 7},
        "depths": [1, 1, 1],
    }


@pytest.mark.parametrize(
    ("kinds", "message", "expected"),
    [
        ("NameError,Exception", "", "undefined-name"),
        ("UnboundLocalError,NameError,Exception", "", "undefined-name"),
        ("ModuleNotFoundError,ImportError,Exception", "", "missing-package"),
        ("ImportError,Exception", "cannot import name 'x'", "missing-name"),
        ("ImportError,Exception", "X requires the tesseract library but it was not found", "missing-package"),
        ("OSError,Exception", "x is not a local folder and is not a valid model identifier", "unknown-model"),
        ("FileNotFoundError,OSError,Exception", "", "missing-input"),
        ("ValueError,Exception", "", "misuse"),
        ("SystemExit", "", "left-early"),
    ],
)
def test_failures_by_what_was_raised(kinds, message, expected):
    error = {"type": kinds.partition(",")[0], "kinds": kinds, "message": message}
    verdict = to_verdict({"id": "a", "ok": False, "how": "raised", "error": error}, "strict")
    assert verdict.failure == expected
