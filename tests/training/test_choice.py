import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from callwright_server.choice import CallChooser
from callwright_server.choice.fusion import ChoiceSettings
from callwright_server.engine import Engine, never
from callwright_training.choice.corpus import Corpus, questions_of
from callwright_training.choice.domain_prior import fit_prior, prior_for
from callwright_training.choice.settings import Choice
from callwright_training.choice.tuning import Task, tune_choice
from callwright_training.choice.weights import TUNED, Shortlist, fit_weights
from callwright_training.errors import StageError
from callwright_training.records import read_catalogue, read_records
from callwright_training.sft.settings import SFT

QUICK = SFT(base="tiny", epochs=1, batch_size=4, threads=1, save_steps=100, held_out=0.2)
FEW = Choice(encoder="tiny", retriever_epochs=2, retriever_batch_size=4, candidates=3, negatives=4)


@pytest.fixture
def harbour_task(small_records, harbour_api, tmp_path):
    return Task(
        records=read_records(small_records / "harbour_eval.json").records,
        further=read_records(small_records / "gulls_train.json").records,
        entries=read_catalogue(harbour_api).entries,
        sft=QUICK,
        choice=FEW,
        out=tmp_path / "run",
    )


def test_each_record_finds_the_document_it_is_about(harbour_task):
    corpus = Corpus(harbour_task.entries)

    for record in harbour_task.records:
        row = corpus.gold(record)
        if row is not None:
            document = corpus.documents[row]
            assert document.call == record.call or document.name == record.api.name
    assert questions_of(harbour_task.records, corpus)


def test_retriever_training_repeats_bit_by_bit(harbour_task, tmp_path):
    from dataclasses import replace

    folders = [
        tune_choice(replace(harbour_task, out=tmp_path / name), retriever_only=True) for name in ("a", "b")
    ]

    first, second = (load_file(folder / "domains.safetensors") for folder in folders)
    assert all(np.array_equal(first[name], second[name]) for name in first)
    weights = [(folder / "adapter_model.safetensors").read_bytes() for folder in folders]
    assert weights[0] == weights[1]
    config = (folders[0] / "adapter_config.json").read_text()
    assert json.loads(config)["base_model_name_or_path"] == "tiny"


def test_a_folder_with_another_run_is_left_alone(harbour_task):
    from dataclasses import replace

    harbour_task.claim()

    with pytest.raises(StageError, match="another"):
        replace(harbour_task, choice=Choice(encoder="tiny", candidates=2)).claim()


@pytest.mark.slow
def test_tuned_choice_becomes_a_bundle_that_chooses(harbour_task, tmp_path):
    from callwright_grounding.catalogue import Catalogue
    from callwright_training.choice.bundle_files import RetrieverFiles
    from callwright_training.export import CatalogueSource, ExportRequest, export_bundle

    adapter = tune_choice(harbour_task)
    log = [json.loads(line) for line in (harbour_task.out / "log.jsonl").read_text().splitlines()]
    assert any("choice" in line["loss"] for line in log)
    assert any("text" in line["loss"] for line in log)
    asked = ChoiceSettings(choice={"retrieval": 1.0, "language_model": 1.0, "domain_share": 0.5})
    asked.save(adapter / "retriever")
    source = CatalogueSource("tests", "1", lambda: Catalogue(harbour_task.entries))
    request = ExportRequest(
        base="tiny",
        adapter=adapter,
        catalogue=source,
        out=tmp_path / "bundle",
        name="tests",
        extras=(RetrieverFiles(adapter / "retriever", "tiny"),),
    )

    bundle = export_bundle(request, lambda what, done: None)

    chooser = CallChooser.open(bundle, Engine(bundle))
    chosen = chooser.choose(harbour_task.records[0].instruction, stop=never)
    assert {"tuned_similarity", "language_model"} <= set(chosen[0].features)
    files = b"".join(path.read_bytes() for path in bundle.retriever.iterdir())
    assert not any(record.instruction.encode() in files for record in harbour_task.records)


def test_the_prior_of_another_catalogue_is_fitted_on_its_own_documents():
    vectors = np.eye(4, 8, dtype=np.float32)
    trained = fit_prior(vectors, ["Tides", "Ships", "Gulls", "Weather"])

    assert prior_for(["Tides", "Ships"], vectors[:2], trained) is trained
    own = prior_for(["Cranes", "Ropes"], vectors[:2], trained)
    assert own is not None
    assert own.names == ("Cranes", "Ropes")
    assert own.log_probabilities(vectors[1]).argmax() == 1
    assert prior_for(["", "", "Cranes"], vectors[:3], trained) is None


def test_weights_follow_what_tells_right_from_wrong():
    lists = [
        Shortlist([0.0, 0.1], [0.5, -0.5], 0, [True, False]),
        Shortlist([0.1, 0.0], [-0.5, 0.5], 1, [False, True]),
    ]

    fitted = fit_weights(lists * 20, TUNED)
    backwards = fit_weights(
        [Shortlist(one.language_model, one.retrieval, one.right, one.same_domain) for one in lists * 20],
        TUNED,
    )

    assert fitted.choice["language_model"] > 5 > backwards.choice["language_model"]
    assert fitted.choice["domain_share"] == TUNED.choice["domain_share"]
    assert fit_weights([], TUNED) == TUNED
