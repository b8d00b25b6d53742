import json
import shutil

import pytest

from callwright_training.bases import load_base
from callwright_training.errors import BaseModelError


@pytest.mark.parametrize("name", ["tiny", "tiny-gpt2"])
def test_a_tiny_base_is_the_same_for_the_same_seed(name):
    import torch

    first, again, other = load_base(name), load_base(name), load_base(name, seed=1)

    weights = [base.model.state_dict() for base in (first, again, other)]
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])
    assert not all(torch.equal(weights[0][key], weights[2][key]) for key in weights[0])
    text = "def f():\n\treturn 'ü🙂' # 12"
    assert first.tokenizer.decode(first.tokenizer(text).input_ids) == text
    assert first.tokenizer.pad_token_id != first.tokenizer.eos_token_id


@pytest.mark.parametrize("name", ["tiny", "tiny-gpt2"])
def test_a_saved_base_is_loaded_from_its_folder(tmp_path, name):
    import torch

    base = load_base(name)
    base.save(tmp_path)

    loaded = load_base(tmp_path)

    ids = torch.tensor([base.tokenizer("import torch").input_ids])
    assert torch.equal(loaded.model(ids).logits, base.model(ids).logits)
    assert loaded.folder == tmp_path
    assert (tmp_path / "model.safetensors").is_file()


def test_a_tokenizer_without_padding_gets_a_token_it_has(tmp_path):
    load_base("tiny").save(tmp_path)
    settings = json.loads((tmp_path / "tokenizer_config.json").read_text())
    del settings["pad_token"]
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))

    tokenizer = load_base(tmp_path).tokenizer

    assert tokenizer.pad_token == "<|pad|>"


def test_what_is_no_model_is_one_clear_line(tmp_path):
    with pytest.raises(BaseModelError, match="known names: smollm2-135m, tiny") as error:
        load_base(tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.slow
def test_smollm2_is_made_once_and_again_when_it_is_damaged(tmp_path, monkeypatch):
    """Takes the copy that the machine has, if any: only the damage is made in a folder of its own."""
    from callwright_training.bases.smollm2 import smollm2_folder

    whole = smollm2_folder()
    monkeypatch.setenv("CALLWRIGHT_HOME", str(tmp_path))
    copy = tmp_path / "bases" / "smollm2-135m"
    shutil.copytree(whole, copy)
    made = (copy / "model.safetensors").stat().st_mtime_ns
    assert smollm2_folder() == copy
    assert (copy / "model.safetensors").stat().st_mtime_ns == made

    with (copy / "tokenizer.json").open("a") as file:
        file.write(" ")
    smollm2_folder()

    assert (copy / "tokenizer.json").read_bytes() == (whole / "tokenizer.json").read_bytes()
    tokenizer = load_base("smollm2-135m").tokenizer
    assert tokenizer.tokenize("x = 12") == ["x", "Ġ=", "Ġ", "1", "2"]
