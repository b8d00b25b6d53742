import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from callwright_grounding.catalogue import Catalogue
from callwright_grounding.catalogue.harvest import harvest
from callwright_training.records import read_catalogue

TASKS = """
SUPPORTED_TASKS = {
    "fill-mask": {
        "impl": "transformers.pipelines.fill_mask.FillMaskPipeline",
        "pt": (AutoModelForMaskedLM,) if is_torch_available() else (),
        "default": {"model": ("acme/gaps", "12ab")},
    },
    "image-to-image": {"default": {"model": {"pt": ("acme/sharper", "34cd")}}},
}
"""
MODELING = '''
class FerryForMaskedLM(FerryPreTrainedModel):
    """Ferry fills gaps. See [here](x)."""

    def forward(self):
        """
        >>> from transformers import AutoTokenizer, FerryForMaskedLM
        >>> tokenizer = AutoTokenizer.from_pretrained("acme/ferry-base")
        >>> checkpoint = "acme/ferry-base"
        >>> model = FerryForMaskedLM.from_pretrained(checkpoint, dtype=torch.float16)
        >>> model = FerryForMaskedLM.from_pretrained("your-username/ferry")
        >>> model = FerryForMaskedLM.from_pretrained("path/to/ferry")
        >>> model = Unknown.from_pretrained("acme/other")
        >>> model = FerryForMaskedLM.from_pretrained("acme/two", config=config)
        >>> names = ["acme/never-called"]
        """

class FerryPart(FerryPreTrainedModel):
    """
    >>> FerryPart.from_pretrained("acme/part")
    """

__all__ = ["FerryForMaskedLM"]
raise RuntimeError("nothing of this is ever run")
'''


@pytest.fixture
def site_packages(tmp_path):
    models = tmp_path / "transformers" / "models" / "ferry"
    models.mkdir(parents=True)
    (tmp_path / "transformers-9.1.0.dist-info").mkdir()
    (models / "modeling_ferry.py").write_text(MODELING)
    (tmp_path / "transformers" / "pipelines").mkdir()
    (tmp_path / "transformers" / "pipelines" / "__init__.py").write_text(TASKS)
    return tmp_path


def test_only_ids_in_calls_and_registries_are_harvested(site_packages):
    catalogue = harvest([site_packages])

    assert [entry.text for entry in catalogue] == [
        "pipeline('fill-mask', model='acme/gaps')",
        "pipeline('image-to-image', model='acme/sharper')",
        "FerryForMaskedLM.from_pretrained('acme/ferry-base', dtype=torch.float16)",
    ]
    ferry = catalogue.entries[-1]
    assert ferry.source == "transformers 9.1.0"
    assert ferry.imports == ("from transformers import FerryForMaskedLM", "import torch")
    assert ferry.domain == "Natural Language Processing Fill-Mask"
    assert "Ferry fills gaps" in ferry.description


def test_nothing_installed_gives_an_empty_catalogue(tmp_path):
    assert len(harvest([tmp_path])) == 0


@pytest.mark.slow
def test_the_installed_transformers_gives_hundreds_of_calls_of_classes_that_exist(tmp_path):
    import transformers

    catalogue = harvest([Path(sysconfig.get_path("purelib"))])

    entries = [entry for entry in catalogue if entry.source.startswith("transformers")]
    assert len(entries) > 300
    assert len({entry.domain for entry in entries}) > 20
    assert all(entry.parsed and entry.parsed.strings and entry.description for entry in entries)
    heads = {entry.parsed.callable.split(".")[0] for entry in entries if entry.parsed}
    assert [head for head in heads if not hasattr(transformers, head)] == []
    catalogue.save(tmp_path / "catalogue.jsonl")
    assert Catalogue.load(tmp_path / "catalogue.jsonl").version == catalogue.version


def test_harvesting_imports_no_library():
    code = "import sys, callwright_grounding.catalogue.harvest; sys.exit('transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_gorillas_catalogue_form(harbour_api):
    found = read_catalogue(harbour_api)

    assert (len(found.entries), found.skipped) == (12, ())
    by_name = {entry.name: entry for entry in found.entries}
    assert by_name["acme/bare"].text == "pipeline('text-to-image', model='acme/bare')"
    assert by_name["acme/shell"].parsed is None
    assert by_name["acme/bird-calls"].domain == "Audio Audio Classification"
    assert by_name["acme/bird-calls"].requirements == ("transformers", "torch")
    assert by_name["acme/leaf-vit"].imports == ("from transformers import ViTForImageClassification",)
    assert by_name["acme/letters-fr-en"].imports == ("from transformers import pipeline",)
    assert by_name["acme/tide-tables"].evaluation == "acme set: 0.9"


def test_a_saved_catalogue_is_read_back(tmp_path, harbour_api):
    entries = read_catalogue(harbour_api).entries
    Catalogue(entries).save(tmp_path / "saved.jsonl")

    assert read_catalogue(tmp_path / "saved.jsonl").entries == entries


@pytest.mark.gorilla
def test_every_line_of_gorillas_catalogues_is_read(gorilla):
    found = {path.stem: read_catalogue(path) for path in (gorilla / "api").glob("*.jsonl")}

    assert {name: (len(file.entries), len(file.skipped)) for name, file in found.items()} == {
        "huggingface_api": (936, 0),
        "tensorflowhub_api": (696, 0),
        "torchhub_api": (94, 0),
    }
    hugging_face = found["huggingface_api"].entries
    assert len({entry.domain for entry in hugging_face}) == 37
    assert sum(bool(entry.imports) for entry in hugging_face) > 850
