import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from callwright_training.errors import StageError
from callwright_training.records import read_records
from callwright_training.sft import SFT
from callwright_training.sft.examples import gorilla_answer, texts_of, tokenize

ENVIRONMENT = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_WAIT_POLICY": "PASSIVE"}
OPTIONS = ["--base", "tiny", "--epochs", "8", "--batch-size", "2", "--save-steps", "3", "--threads", "1"]
OPTIONS += ["--lora-dropout", "0.1", "--learning-rate", "0.01"]


@pytest.fixture
def records(small_records):
    return list(read_records(small_records / "harbour_eval.json"))


def command(small_records, out, *more):
    arguments = [
        "sft",
        "--records",
        str(small_records / "harbour_eval.json"),
        "--out",
        str(out),
        *OPTIONS,
        *more,
    ]
    code = "from callwright_training.cli import main; main()"
    return [sys.executable, "-X", "faulthandler", "-c", code, *arguments]


def run(*arguments):
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    return subprocess.run(
        arguments, env=environment, capture_output=True, text=True, timeout=240, check=False
    )


def losses(out):
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return [(line["step"], line["loss"], line["learning_rate"]) for line in lines]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, small_records):
    out = tmp_path_factory.mktemp("sft") / "whole"
    finished = run(*command(small_records, out))
    assert finished.returncode == 0, finished.stderr
    return out


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_stopped_run_ends_with_the_same_bytes(tmp_path, small_records, uninterrupted, number):
    out = tmp_path / "stopped"
    for after in (7, 20):
        process = subprocess.Popen(
            command(small_records, out), env=ENVIRONMENT, stderr=subprocess.PIPE, text=True
        )
        while process.poll() is None and (not (out / "log.jsonl").is_file() or len(losses(out)) < after):
            time.sleep(0.02)
        process.send_signal(number)
        _, said = process.communicate()
        assert process.returncode in (-9, 130), said
        assert not (out / "metrics.json").exists()

    finished = run(*command(small_records, out))

    assert finished.returncode == 0, finished.stderr
    weights = "adapter/adapter_model.safetensors"
    assert (out / weights).read_bytes() == (uninterrupted / weights).read_bytes()
    config = "adapter/adapter_config.json"
    assert (out / config).read_bytes() == (uninterrupted / config).read_bytes()
    assert losses(out) == losses(uninterrupted)
    assert not (out / "checkpoints").exists()


@pytest.mark.slow
def test_the_run_learned_and_says_so(small_records, uninterrupted):
    metrics = json.loads((uninterrupted / "metrics.json").read_text())
    assert (metrics["records"], metrics["records_held_out"], metrics["steps"]) == (9, 1, 40)
    assert metrics["held_out_loss"] < metrics["held_out_loss_before"]
    adapter = json.loads((uninterrupted / "adapter" / "adapter_config.json").read_text())
    assert adapter["base_model_name_or_path"] == "tiny"

    again = run(*command(small_records, uninterrupted))
    assert again.returncode == 0
    assert "40 steps" in again.stdout

    other = run(*command(small_records, uninterrupted, "--seed", "1"))
    assert other.returncode == 2
    assert "holds a run with another seed (0, not 1)" in other.stderr
    assert len(other.stderr.strip().splitlines()) == 1


@pytest.mark.slow
def test_the_adapter_gives_the_base_what_was_learned(uninterrupted, records):
    from peft import PeftModel

    from callwright_training.bases import load_base
    from callwright_training.sft.measure import mean_loss
    from callwright_training.sft.train import split_of

    base = load_base("tiny")
    settings = SFT(base="tiny")
    examples = tokenize(texts_of(split_of(settings, records).held_out, settings), base.tokenizer, 512)
    tuned = PeftModel.from_pretrained(base.model, str(uninterrupted / "adapter"))

    found = mean_loss(tuned.get_base_model(), examples, 0, bf16=True)

    assert found == json.loads((uninterrupted / "metrics.json").read_text())["held_out_loss"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "more",
    [{"base": "tiny-gpt2"}, {"base": "tiny-gpt2", "full": True}, {"form": "gorilla"}, {"target": "both"}],
)
def test_other_bases_forms_and_all_weights(tmp_path, records, more):
    from callwright_training.sft.train import tune

    settings = SFT(
        **{"base": "tiny", "epochs": 3, "batch_size": 3, "learning_rate": 0.01, "bf16": False, **more}
    )

    metrics = tune(settings, records, tmp_path)

    assert metrics.held_out_loss < metrics.held_out_loss_before
    files = {path.name for path in (tmp_path / ("model" if settings.full else "adapter")).iterdir()}
    assert ("model.safetensors" if settings.full else "adapter_model.safetensors") in files
    assert "tokenizer.json" in files
    assert not [name for name in files if Path(name).suffix in (".bin", ".pt", ".pkl")]


@pytest.mark.slow
def test_a_second_objective_learns_in_the_same_steps_and_is_resumed(tmp_path, records):
    """Each step holds both objectives' batches; the second has a parameter of its own."""
    import torch

    from callwright_training.sft.objective import Loss, Objective
    from callwright_training.sft.train import Stopped, tune
    from callwright_training.sft.watch import Stop

    class Scale(Objective):
        name, weight = "scale", 0.5

        def __init__(self):
            self.value = torch.nn.Parameter(torch.tensor(3.0))

        def batches(self, epoch, seed):
            return [epoch, epoch + 1]

        def loss(self, model, batch):
            return Loss((self.value - batch) ** 2, 1, {"value": float(self.value.detach())})

        def parameters(self):
            return {"value": self.value}

    settings = SFT(base="tiny", epochs=3, batch_size=3, learning_rate=0.05, save_steps=2, warmup_steps=1)
    whole = Scale()
    tune(settings, records, tmp_path / "whole", lambda base, split: [whole])

    class StopAtFour(Stop):
        def on_step_end(self, args, state, control, **more):
            self.asked = state.global_step == 4
            super().on_step_end(args, state, control, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("callwright_training.sft.watch.Stop", StopAtFour)
        with pytest.raises(Stopped, match="step 4 of 9"):
            tune(settings, records, tmp_path / "part", lambda base, split: [Scale()])
    part = Scale()
    tune(settings, records, tmp_path / "part", lambda base, split: [part])

    assert losses(tmp_path / "part") == losses(tmp_path / "whole")
    assert part.value.item() == whole.value.item() != 3.0
    steps = [set(loss) for _, loss, _ in losses(tmp_path / "whole")]
    assert steps.count({"text"}) == 3
    assert steps.count({"text", "scale", "scale_value"}) == 6


@pytest.mark.slow
@pytest.mark.parametrize("base", ["tiny", "tiny-gpt2"])
def test_the_loss_is_the_models_own_at_target_positions(base, records):
    import torch

    from callwright_training.bases import load_base
    from callwright_training.sft.objective import target_log_probabilities

    loaded = load_base(base)
    rows = tokenize(texts_of(records, SFT(target="both")), loaded.tokenizer, 300)[:5]

    found = target_log_probabilities(loaded.model, rows, pad=0)

    expected = []
    for row in rows:
        ids = torch.tensor([[*row.prompt, *row.target]])
        logits = loaded.model(ids).logits.log_softmax(-1)[0]
        positions = range(len(row.prompt) - 1, len(row) - 1)
        expected += [logits[position, ids[0, position + 1]] for position in positions]
    torch.testing.assert_close(found, torch.stack(expected), atol=1e-5, rtol=1e-5)


def test_what_the_model_reads_is_the_servers_prompt(records):
    [record] = [record for record in records if record.api.name == "acme/mood-small"]
    task = "# Tell whether the guests' remarks in our visitors' book are glad or sad.\n"
    call = "pipeline('text-classification', model='acme/mood-small')\n"

    assert texts_of([record], SFT(imports_share=0)) == [(task, call)]
    assert texts_of([record], SFT(imports_share=1)) == [("from transformers import pipeline\n" + task, call)]
    [(prompt, script)] = texts_of([record], SFT(target="script"))
    assert (prompt, script) == (task, record.code + "\n")
    assert len(texts_of([record], SFT(target="both"))) == 2


def test_gorillas_own_form(records):
    [(prompt, target)] = texts_of(records[:1], SFT(form="gorilla"))

    assert prompt.startswith("###Instruction: A harbour master wants")
    assert target.rstrip() == gorilla_answer(records[0])
    assert "<<<api_call>>>: pipeline('table-question-answering', model='acme/tide-tables')" in target


def test_a_long_example_keeps_its_target_and_the_end_of_its_prompt():
    from callwright_training.bases import load_base

    tokenizer = load_base("tiny").tokenizer
    [whole] = tokenize([("# one two three four\n", "call()\n")], tokenizer, 512)

    [cut] = tokenize([("# one two three four\n", "call()\n")], tokenizer, len(whole) - 3)

    assert cut.target == whole.target
    assert cut.prompt == whole.prompt[3:]
    assert whole.target[-1] == tokenizer.eos_token_id


def test_records_without_a_call_teach_nothing(tmp_path):
    from callwright_training.sft.train import tune

    with pytest.raises(StageError, match="no example to learn from"):
        tune(SFT(base="tiny"), [], tmp_path)
