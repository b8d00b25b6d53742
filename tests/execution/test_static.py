import json
from pathlib import Path

import pytest

from callwright_training.execution.environment import Environment
from callwright_training.execution.sandbox import Surroundings
from callwright_training.execution.static import StaticTier, compare
from callwright_training.execution.verdict import Script, Verdict

FACTS = {
    "names": {"transformers": ["AutoModelForCausalLM", "TFAutoModel", "pipeline"]},
    "modules": ["transformers", "os", "torch"],
    "dummies": ["TFAutoModel"],
    "tasks": ["fill-mask"],
    "auto": {"AutoModelForCausalLM": ["gpt2"]},
}


@pytest.fixture(scope="module")
def tier(tmp_path_factory):
    hub: Path = tmp_path_factory.mktemp("hub")
    (hub / "facts.json").write_text(json.dumps(FACTS))
    repositories = {"gpt2": {"type": "gpt2", "files": {}}, "org/BERT": {"type": "bert", "files": {}}}
    (hub / "index.json").write_text(json.dumps({"repositories": repositories}))
    return StaticTier(Environment("facts", Surroundings(python=Path("python"), hub=hub)))


PIPELINE = "from transformers import pipeline\n"
CAUSAL = "from transformers import AutoModelForCausalLM\n"


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("", "no-code"),
        ("for", "syntax"),
        ("import fairseq", "missing-package"),
        ("from transformers import AutoModelForAudioToAudio", "missing-name"),
        ("print(image)", "undefined-name"),
        ("def f():\n    return image\nf()", "undefined-name"),
        ("print([x for y in 'ab'])", "undefined-name"),
        (PIPELINE + "pipeline('mind-reading')", "misuse"),
        (PIPELINE + "pipeline('fill-mask', model='org/none')", "unknown-model"),
        (PIPELINE + "name = 'org/none'\npipeline('fill-mask', model=name)", "unknown-model"),
        (CAUSAL + "AutoModelForCausalLM.from_pretrained('org/bert')", "misuse"),
        ("from transformers import TFAutoModel\nTFAutoModel.from_pretrained('gpt2')", "missing-package"),
    ],
)
def test_what_must_fail_is_found(tier, code, failure):
    verdict = tier.verdict(Script("a", code))
    assert (verdict.ok, verdict.failure, verdict.mode) == (False, failure, "static")


@pytest.mark.parametrize(
    "code",
    [
        "import torch\ntry:\n    import fairseq\nexcept ImportError:\n    pass",
        "def never():\n    return image",
        "print(sum(x for x in [1]), [y for y in 'a'], (lambda z: z)(1))",
        "from os import *\nprint(getcwd())",
        "global late\nlate = 1\nprint(late, __name__, __file__)",
        "class A:\n    b = 1\n    def f(self):\n        return self.b\nA().f()",
        PIPELINE + "pipeline('fill-mask', model='gpt2')",
        PIPELINE + "pipeline = pipeline('fill-mask', model='gpt2')\npipeline('Some text')",
        PIPELINE + "pipeline('translation_en_to_fr', model='gpt2')",
        CAUSAL + "AutoModelForCausalLM.from_pretrained('gpt2')",
        CAUSAL + "AutoModelForCausalLM.from_pretrained('./mine')",
        CAUSAL + "if False:\n    AutoModelForCausalLM.from_pretrained('org/none')",
        "try:\n    print(image)\nexcept NameError:\n    pass",
    ],
)
def test_what_may_run_is_let_pass(tier, code):
    assert tier.verdict(Script("a", code)).ok


def test_agreement_with_the_runner_by_hand():
    def row(name, ok):
        return Verdict(name, ok=ok, mode="static")

    static = [row("1", False), row("2", False), row("3", True), row("4", True), row("5", False)]
    run = [row("1", False), row("2", False), row("3", False), row("4", True), row("5", True)]
    agreement = compare(static, run)
    assert (agreement.true_positive, agreement.false_positive) == (2, 1)
    assert agreement.precision == pytest.approx(2 / 3)
    assert agreement.recall == pytest.approx(2 / 3)
