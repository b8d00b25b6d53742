from __future__ import annotations

import pytest

from callwright_server.suggest.document import Document
from callwright_server.suggest.explaining import explained_at
from callwright_server.suggest.shelf import Shelf

MARK = "‸"
USE = "from transformers import pipeline, AutoModel\n"


def explained(shelf: Shelf, source: str) -> tuple[list[str], str]:
    """Names of the entries, and the text that they explain."""
    text = source.replace(MARK, "")
    found = explained_at(Document(text), source.index(MARK), shelf)
    return ([entry.name for entry in found.entries], text[found.start : found.end]) if found else ([], "")


@pytest.mark.parametrize(
    ("source", "names", "about"),
    [
        (f"{USE}p = pip‸eline('object-detection', model='org/boxes')", ["org/boxes"], "pipeline("),
        (f"{USE}pipeline(\n task='object-detection', model='org/bo‸xes')", ["org/boxes"], "org/boxes"),
        (f"{USE}'😀'; pipeline('object-detec‸tion', model='org/boxes')", ["org/boxes"], "object-detection"),
        (f"{USE}'😀'; AutoModel.from_pretr‸ained('org/base', x=1)", ["org/base"], "AutoModel"),
        (f"{USE}name = 'org/ba‸se'", ["org/base"], "org/base"),
        (f"{USE}if name == 'org/ba‸se'\nx = (", ["org/base"], "org/base"),
        (f"{USE}x = (\nAutoModel.from_pre‸trained('other/large')\n", ["other/large"], "AutoModel"),
        (f"{USE}pipe‸line('object-detection', model=name)", [], ""),
        (f"{USE}pipe‸line('object-detection', model='my/own')", [], ""),
        (f"{USE}load‸('org/base')", [], ""),
        (f"{USE}# 'org/ba‸se'", [], ""),
        ("‸", [], ""),
    ],
)  # fmt: skip
def test_what_a_place_is_about(shelf: Shelf, source: str, names: list[str], about: str) -> None:
    found, text = explained(shelf, source)
    assert found == names
    assert text.startswith(about)
