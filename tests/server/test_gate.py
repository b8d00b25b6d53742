"""The thresholds in a bundle: read, defaulted, refused; and who heeds them."""

import shutil

import pytest

from callwright_server.bundle import Bundle
from callwright_server.choice.fusion import ChoiceSettings
from callwright_server.errors import BundleError
from callwright_server.gate import GATE, CallThreshold, Gate, LineThreshold
from callwright_server.settings import Settings
from callwright_server.suggest.document import Document
from callwright_server.suggest.opening import open_bundle


@pytest.fixture
def bundle(tiny_bundle, tmp_path):
    return Bundle.open(shutil.copytree(tiny_bundle.path, tmp_path / "bundle"))


def test_a_bundle_without_one_has_the_defaults(bundle):
    assert bundle.gate == Gate()
    assert bundle.gate.of_line("member") == LineThreshold(least_probability=0.6, least_margin=None)
    former = ChoiceSettings(least_retrieval=13.5)
    assert former.gated(bundle.gate.call) == former


def test_the_bundles_thresholds_are_heeded(bundle):
    reasons = []
    for probability in (0.0, 1.0):
        Gate(line={"other": LineThreshold(least_probability=probability)}).save(bundle.path)
        suggester = open_bundle(Settings(bundle=str(bundle.path))).suggester(Settings())
        reasons.append(suggester.suggest(Document("x = y"), 5, stop=lambda: False).reason)
    assert "below the threshold" not in reasons[0]
    assert "below the threshold" in reasons[1]


def test_calls_are_held_to_the_gate():
    settings = ChoiceSettings(least_retrieval=13.5).gated(CallThreshold(least_score=9.0, least_share=0.2))
    assert (settings.least_retrieval, settings.least_probability) == (9.0, 0.2)


@pytest.mark.parametrize("text", ["{", '{"line": {"dot": {}}}', '{"call": {"least_share": 2}}'])
def test_what_is_wrong_is_named(tmp_path, text):
    (tmp_path / GATE).write_text(text)
    with pytest.raises(BundleError, match=GATE):
        Gate.load(tmp_path)
