import json

from safetensors.torch import load_file

from callwright_training.choice.averaging import average_adapters
from callwright_training.choice.corpus import Corpus, Question
from callwright_training.choice.encoders import load_encoder
from callwright_training.choice.retriever_training import save_encoder, tune_encoder
from callwright_training.choice.settings import Choice


def change(folder):
    """What an adapter adds to each layer's weights."""
    tensors = load_file(folder / "adapter_model.safetensors")
    config = json.loads((folder / "adapter_config.json").read_text())
    scale = config["lora_alpha"] / config["r"]
    return {
        name: scale * tensors[name.replace(".lora_A.", ".lora_B.")].float() @ rows.float()
        for name, rows in tensors.items()
        if ".lora_A." in name
    }


def test_the_mean_adds_the_mean_of_what_each_adds(tmp_path, sea_catalogue):
    base, corpus = load_encoder("tiny"), Corpus(sea_catalogue.entries)
    questions = [Question(one.name, one, row) for row, one in enumerate(corpus.documents)]
    settings = Choice(encoder="tiny", retriever_epochs=1, retriever_batch_size=4, retriever_rank=2)
    parts, mean = [tmp_path / str(seed) for seed in range(3)], tmp_path / "mean"
    for seed, place in enumerate(parts):
        save_encoder(
            tune_encoder(base, corpus, questions, [], settings, seed, lambda what, done: None), base, place
        )
    mean.mkdir()

    average_adapters(parts, mean)

    found, wanted = change(mean), [change(place) for place in parts]
    assert found
    assert all(tensor.any() for tensor in found.values())
    for name, tensor in found.items():
        exact = sum(one[name] for one in wanted) / 3
        assert (tensor - exact).norm() < 0.05 * exact.norm()
