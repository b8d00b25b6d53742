"""What the retriever knows beside likeness: examples, languages, crowds."""

import numpy as np

from callwright_grounding.catalogue import CatalogueEntry
from callwright_server.choice.crowding import crowding
from callwright_server.choice.documents import documents_of
from callwright_server.choice.languages import Foreign, languages_of
from callwright_server.choice.retriever import Index, Retriever


def entry(name, description="", **values):
    return CatalogueEntry(name=name, call=f"load('{name}')", domain="Sea", description=description, **values)


def test_words_of_an_example_count():
    plain, shown = documents_of([entry("org/a"), entry("org/b", example="classify('a lighthouse')")])
    vectors = {"similarity": np.eye(2, dtype=np.float32)}
    encode = lambda text: {"similarity": np.array([1, 0], np.float32)}  # noqa: E731
    retriever = Retriever(Index((plain, shown), vectors), encode, {"example_words": 1.0})

    scores = retriever.scores(retriever.features("Which lighthouse is this?"))

    assert scores[1] > scores[0] == 0


def test_a_model_for_another_language_is_foreign():
    french, english, many = documents_of(
        [
            entry("org/camembert-ner", "Finds names."),
            entry("org/bert-ner", "Finds names."),
            entry("org/all-ner", "Finds names in French, German, Spanish and Dutch text."),
        ]
    )
    foreign = Foreign([french, english, many])

    assert foreign("Find the names of persons").tolist() == [1, 0, 0]
    assert foreign("Find names in a French letter").tolist() == [0, 0, 0]
    assert foreign("Find names in a German letter").tolist() == [1, 0, 0]


def test_codes_count_in_names_only():
    assert languages_of("org/opus-mt-fr-en", "") == {"fr"}
    assert languages_of("org/no-it-model", "it is no model for id") == frozenset()


def test_a_hub_is_more_crowded_than_others():
    chance = np.random.default_rng(0)
    rows = chance.normal(size=(40, 16))
    rows[0] = rows.mean(axis=0)
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    calls = [f"load({index})" for index in range(40)]

    found = crowding({"similarity": rows}, {"similarity": 20.0}, calls)

    assert found.argmax() == 0
    assert abs(found.mean()) < 1e-5
    wanted = rows @ rows.T * 20
    np.fill_diagonal(wanted, -np.inf)
    shares = np.exp(wanted) / np.exp(wanted).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(np.exp(found - found[1]), shares.sum(0) / shares.sum(0)[1], rtol=1e-3)


def test_descriptions_of_one_call_do_not_crowd_each_other():
    rows = np.eye(4, dtype=np.float32)[[0, 0, 1, 2]]

    found = crowding({"similarity": rows}, {"similarity": 5.0}, ["a", "a", "b", "c"])

    assert found[0] == found[1] < found[2]
    assert not crowding({"similarity": rows}, {"similarity": 5.0}, ["a", "a", "b", "b"]).any()
