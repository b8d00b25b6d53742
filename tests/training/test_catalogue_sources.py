from callwright_training.export import catalogues


def test_a_catalogue_is_out_of_date_when_harvesting_has_changed(monkeypatch):
    monkeypatch.delenv("CALLWRIGHT_DATA", raising=False)
    before = catalogues.default_catalogue().fingerprint
    assert catalogues.default_catalogue().fingerprint == before

    monkeypatch.setattr(catalogues, "harvester_version", lambda: "another")

    assert catalogues.default_catalogue().fingerprint != before
