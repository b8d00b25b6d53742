import json

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from callwright_server.bundle import Bundle
from callwright_server.engine import Engine
from callwright_training.bases import load_base
from callwright_training.commands.export import export
from callwright_training.errors import ExportError
from callwright_training.export.cache import cache_scales
from callwright_training.export.quantize import dequantize, quantize
from callwright_training.export.sources import standard_library_texts


@pytest.fixture
def run(tmp_path, monkeypatch, small_catalogue):
    """Runs `rlaif-train export` with a catalogue of five calls, in a home of its own."""
    monkeypatch.setenv("CALLWRIGHT_HOME", str(tmp_path / "home"))
    small_catalogue.save(tmp_path / "five.jsonl")

    def run(*arguments):
        result = CliRunner().invoke(export, ["--catalogue", str(tmp_path / "five.jsonl"), *arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.stdout

    return run


@pytest.fixture(scope="module")
def adapter(tmp_path_factory):
    """A LoRA adapter of the tiny base that changes what it says."""
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("adapter")
    tuned = get_peft_model(
        load_base("tiny").model, LoraConfig(r=4, init_lora_weights=False, target_modules=["q_proj"])
    )
    tuned.save_pretrained(folder)
    (folder / "evaluation.json").write_text('{"exact": 0.5}')
    return folder


@pytest.mark.parametrize("family", ["tiny", "tiny-gpt2"])
@pytest.mark.parametrize("quantization", ["int8", "int8-dynamic", "int4"])
def test_every_quantization_of_every_family_agrees_with_torch(tiny_bundle_of, family, quantization):
    parity = tiny_bundle_of(family, quantization).manifest.parity
    assert parity.positions >= 200
    assert parity.agreement >= 0.95
    assert parity.mean_kl < 1e-3


@pytest.mark.parametrize("base", ["tiny", "tiny-gpt2"])
def test_keys_of_later_positions_fit_into_the_cache_too(base):
    import torch

    loaded = load_base(base)
    scales = cache_scales(loaded.model, loaded.tokenizer)
    text = standard_library_texts()[4][:500]  # one of those that are measured
    ids = torch.tensor([loaded.tokenizer.encode(text, add_special_tokens=False)[:60]])
    later = torch.arange(ids.shape[1])[None] + (0 if base == "tiny-gpt2" else 70)
    cache = loaded.model(ids, position_ids=later, use_cache=True).past_key_values
    for (keys, values), layer in zip(scales, cache.layers, strict=True):
        assert np.all(np.abs(layer.keys.detach().numpy()) <= keys * 127.01)
        assert np.all(np.abs(layer.values.detach().numpy()) <= values * 127.01)


def test_only_32_bit_bundles_cache_in_32_bits(tiny_bundle_of):
    exact, stored = (Engine(tiny_bundle_of("tiny", way)).graph.cache(64).nbytes for way in ("fp32", "int8"))
    assert exact == 4 * stored


@pytest.mark.slow
def test_an_adapter_is_merged_and_named(run, adapter, tmp_path):
    plain = json.loads(run("--base", "tiny", "--name", "plain", "--json"))
    tuned = json.loads(run("--base", "tiny", "--adapter", str(adapter), "--name", "tuned", "--json"))
    assert (plain["adapter"], len(tuned["adapter"])) == ("", 64)
    assert tuned["evaluation"] == {"exact": 0.5}
    assert tuned["parity"]["agreement"] >= 0.95
    assert plain["files"]["model.onnx.data"]["sha256"] != tuned["files"]["model.onnx.data"]["sha256"]
    assert (tmp_path / "home" / "bundles" / "tuned" / "model.onnx").is_file()


@pytest.mark.slow
def test_the_same_export_is_not_done_twice(run, tmp_path):
    out = tmp_path / "bundle"
    arguments = ["--base", "tiny", "--out", str(out)]
    run(*arguments)
    made = (out / "model.onnx.data").stat().st_ino
    assert "up to date" in run(*arguments)
    assert (out / "model.onnx.data").stat().st_ino == made
    run(*arguments, "--quantization", "int4")
    assert Bundle.open(out).manifest.quantization == "int4"
    (out / "tokenizer.json").write_text("{}")
    run(*arguments, "--quantization", "int4")
    assert Bundle.open(out).tokenizer.encode("import").ids


@pytest.mark.slow
def test_a_bundle_that_disagrees_is_refused_and_the_old_one_stays(run, tmp_path, monkeypatch):
    out = tmp_path / "bundle"
    arguments = ["--base", "tiny-gpt2", "--out", str(out), "--force"]
    run(*arguments)
    before = Bundle.open(out).manifest
    with pytest.raises(ExportError, match="likeliest as torch"):
        run(*arguments, "--quantization", "int4", "--least-agreement", "1")
    with monkeypatch.context() as broken:
        broken.setattr(
            "callwright_training.export.graph.quantize",
            lambda matrix, bits: quantize(np.roll(matrix, 1, axis=0), bits),
        )
        with pytest.raises(ExportError, match="logits differ"):
            run(*arguments)
    assert Bundle.open(out).manifest == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_mistakes_are_one_line(run, tmp_path, adapter):
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("mine")
    for arguments, words in (
        (["--base", "tiny", "--adapter", str(tmp_path)], "no adapter here"),
        (["--base", "tiny-gpt2", "--adapter", str(adapter)], "does not fit"),
        (["--base", "tiny", "--out", str(tmp_path / "home")], "not a bundle"),
        (["--base", "tiny", "--catalogue", "none.jsonl"], "no such catalogue"),
    ):
        with pytest.raises(ExportError, match=words) as caught:
            run(*arguments)
        assert "\n" not in str(caught.value)
    assert "--default" in CliRunner().invoke(export, []).output


def test_another_architecture_is_refused_by_name(tmp_path, small_catalogue):
    from transformers import GPTNeoConfig, GPTNeoForCausalLM

    from callwright_training.export.architecture import architecture_of

    config = GPTNeoConfig(
        hidden_size=8, num_layers=1, attention_types=[[["global"], 1]], num_heads=1, vocab_size=9
    )
    with pytest.raises(ExportError, match="gpt_neo"):
        architecture_of(GPTNeoForCausalLM(config), load_base("tiny").tokenizer)


@given(st.integers(0, 2**32 - 1), st.sampled_from([(4, 0.15), (8, 0.008)]), st.integers(1, 70))
def test_quantizing_moves_no_value_far(seed, precision, columns):
    bits, tolerance = precision
    matrix = np.random.default_rng(seed).normal(size=(3, columns)).astype(np.float32)
    matrix[0] = 0
    restored = dequantize(quantize(matrix, bits))
    assert np.abs(restored - matrix).max() <= tolerance * np.abs(matrix).max()
