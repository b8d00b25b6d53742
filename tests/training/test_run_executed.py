"""Completions of held-out records, really run: what runs, and what runs and is of the right domain."""

import json
from types import SimpleNamespace

import pytest

from callwright_grounding.catalogue import Catalogue, CatalogueEntry
from callwright_training.feedback.settings import FeedbackSettings
from callwright_training.records import read_records
from callwright_training.run.executed import add_executed
from callwright_training.run.gains import compare

RIGHT = "import json\nprint(json.loads('[1]'))"
OF_THE_DOMAIN = "import json\nprint(json.loads('[2]'))"
OTHER = "print(1)"
FAILS = "import json\nprint(json.loads('[1]'))\n1 / 0"


@pytest.fixture
def run(tmp_path):
    """What of a run the figures are made from."""
    path = tmp_path / "records.jsonl"
    record = {"instruction": "Read a list.", "api_call": "json.loads('[1]')", "domain": "Reading"}
    path.write_text(json.dumps(record | {"imports": ["import json"]}) + "\n")
    calls = {"json.loads('[1]')": "Reading", "json.loads('[2]')": "Reading", "json.dumps('x')": "Writing"}
    catalogue = Catalogue(
        CatalogueEntry(name=call, call=call, domain=domain) for call, domain in calls.items()
    )
    file = SimpleNamespace(feedback=FeedbackSettings(form="script"))
    return SimpleNamespace(records=tuple(read_records(path).records), catalogue=catalogue, file=file)


def test_what_runs_is_told_from_what_runs_and_does_the_task(run, bare_environment, tmp_path):
    environment = bare_environment("current")
    store = tmp_path / "store"
    store.mkdir()
    (store / f"canaries-namespaces-{environment.digest}").write_text("checked")  # they need the libraries
    [record] = run.records

    def row(code):
        sample = {"id": "1", "record": record.id, "instruction": "", "prompt": "", "completion": code}
        sample |= {"prompt_ids": [], "completion_ids": [], "stopped": True}
        return {"sample": sample, "accepted": True, "score": 1.0, "good": {}}

    rows = [row(code) for code in (RIGHT, OF_THE_DOMAIN, OTHER, FAILS)]
    add_executed(run, rows, "current", store)

    assert [tuple(one["executed"].values()) for one in rows] == [
        (True, True),
        (True, True),
        (True, False),
        (False, False),
    ]
    gains = compare(rows[3:], [rows[:1]], ())
    assert gains["executability"]["gain"] == gains["executability_and_domain"]["gain"] == 1
