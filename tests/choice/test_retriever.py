import json

import numpy as np
import pytest

from callwright_grounding.catalogue import CatalogueEntry
from callwright_server.choice.encoder import Encoder
from callwright_server.choice.fusion import ChoiceSettings
from callwright_server.choice.retriever import Retriever
from callwright_server.errors import BundleError
from callwright_training.choice.bundle_files import RetrieverFiles
from callwright_training.choice.encoders import encode_texts, load_encoder

QUESTIONS = ("When is high water?", "count the gulls", "ω ships 🚢 in a picture", "weather " * 90)


def test_onnx_encoders_agree_with_torch(retriever_folder):
    base, encoder = load_encoder("tiny"), Encoder(retriever_folder)

    theirs = encode_texts(base.model, base.tokenizer, QUESTIONS)
    ours = np.stack([encoder(text)["similarity"] for text in QUESTIONS])

    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_eight_bits_rank_as_torch_does(tmp_path, sea_catalogue):
    RetrieverFiles(None, "tiny").build(tmp_path, sea_catalogue, lambda what, done: None)
    quantized = Retriever.open(tmp_path / "retriever", sea_catalogue, {"similarity": 1.0})
    base = load_encoder("tiny")
    texts = [document.text for document in quantized.index.documents]
    documents = encode_texts(base.model, base.tokenizer, texts)

    for text in QUESTIONS:
        exact = documents @ encode_texts(base.model, base.tokenizer, [text])[0]
        ours = quantized.scores(quantized.features(text))
        assert np.corrcoef(exact, ours)[0, 1] > 0.99
        assert exact[ours.argmax()] >= exact.max() - 0.01


def test_words_and_domains_count(retriever):
    features = retriever.features("large gulls")
    documents = retriever.index.documents

    best = documents[int(features["words"].argmax())]
    assert best.name == "org/gulls-large"
    assert set(features) == {"similarity", "words", "example_words", "domain", "foreign", "crowding"}
    by_domain = {d.domain: p for d, p in zip(documents, features["domain"], strict=True)}
    assert sum(np.exp(value) for value in by_domain.values()) == pytest.approx(1, abs=1e-3)


def test_every_description_of_a_call_is_searched(retriever):
    again = [document for document in retriever.index.documents if document.call == "load('org/tides-small')"]

    assert len(again) == 2


def test_what_the_index_does_not_know_is_encoded_when_it_is_opened(retriever_folder, sea_catalogue):
    new = CatalogueEntry(name="org/new", call="load('org/new')", domain="Elsewhere", description="lighthouse")

    opened = Retriever.open(retriever_folder, [*sea_catalogue, new], {"words": 1.0})

    scores = opened.scores(opened.features("lighthouse"))
    assert opened.index.documents[int(scores.argmax())].name == "org/new"
    assert np.isfinite(opened.features("lighthouse")["domain"]).all()


@pytest.mark.parametrize("name", ["encoder.onnx", "tokenizer.json", "documents.jsonl", "index.safetensors"])
def test_a_damaged_file_is_named(retriever_folder, sea_catalogue, tmp_path, name):
    for path in retriever_folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes()[: 100 if path.name == name else None])

    with pytest.raises(BundleError, match=str(tmp_path)):
        Retriever.open(tmp_path, sea_catalogue, {"similarity": 1.0})


def test_an_unknown_feature_is_refused(tmp_path):
    ChoiceSettings().save(tmp_path)
    values = json.loads((tmp_path / "choice.json").read_text())
    values["choice"]["horoscope"] = 1.0
    (tmp_path / "choice.json").write_text(json.dumps(values))

    with pytest.raises(BundleError, match="horoscope"):
        ChoiceSettings.load(tmp_path)
