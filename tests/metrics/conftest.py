import os
from pathlib import Path

import pytest

from callwright_grounding.catalogue import Catalogue, CatalogueEntry
from callwright_training.metrics import Answer, Case

CATALOGUE = Catalogue(
    [
        CatalogueEntry(name="org/fill", call="pipeline('fill-mask', model='org/fill')", domain="Fill-Mask"),
        CatalogueEntry(name="org/vit", call="AutoModel.from_pretrained('org/vit')", domain="Vision"),
    ]
)


@pytest.fixture(scope="session")
def apibench():
    folder = (
        Path(os.environ.get("CALLWRIGHT_DATA") or Path(__file__).parents[2] / "../shared/data") / "gorilla"
    )
    if not folder.is_dir():
        pytest.skip("APIBench's files are not here; CALLWRIGHT_DATA says where they are")
    return folder


@pytest.fixture
def case():
    def make(answer="", *, reference="pipeline('fill-mask', model='org/fill')", code="", domain="Fill-Mask"):
        answer = answer if isinstance(answer, Answer) else Answer.of(call=None, code=answer)
        return Case(
            answer=answer,
            catalogue=CATALOGUE,
            reference_call=reference,
            reference_domain=domain,
            reference_domain_raw=domain,
            reference_code=code,
        )

    return make
