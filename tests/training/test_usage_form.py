"""The form `usage`: what stands above the lines that the model writes, for the model and for the judge."""

import json

from callwright_grounding.catalogue import Catalogue, CatalogueEntry
from callwright_training.feedback.samples import askable, catalogue_imports, code_above, prompt_of
from callwright_training.records import read_records

CALL = "pipeline('summarization', model='facebook/bart-large-cnn')"
ABOVE = f"# Sum up.\nfrom transformers import pipeline\npipe = {CALL}\n"


def records_of(tmp_path, *rows):
    path = tmp_path / "records.jsonl"
    path.write_text(
        "".join(json.dumps({"instruction": "Sum up.", "domain": "Text"} | row) + "\n" for row in rows)
    )
    return read_records(path).records


def test_a_call_without_imports_takes_those_of_other_calls_or_is_left_out(tmp_path):
    records = records_of(tmp_path, {"api_call": CALL}, {"api_call": "unheard_of('a/b')"})
    entry = CatalogueEntry(
        name="a/b",
        call="pipeline('fill-mask', model='a/b')",
        domain="Text",
        imports=("from transformers import pipeline",),
    )
    [asked] = askable(records, "usage", Catalogue([entry]))

    assert prompt_of(asked, "usage") == ABOVE
    assert askable(askable(records, "usage", Catalogue([entry])), "usage", Catalogue(())) == (asked,)
    assert askable(records, "usage", Catalogue(())) == ()
    assert askable(records, "script", Catalogue([entry])) == tuple(records)


def test_the_judge_sees_the_lines_below_what_the_model_saw(tmp_path):
    [record] = records_of(tmp_path, {"api_call": CALL, "imports": ["from transformers import pipeline"]})
    imports = catalogue_imports(Catalogue(()), [record])

    assert code_above("print(pipe('A text.'))", record, "usage", imports) == ABOVE
    assert code_above(CALL, record, "call", imports) == "from transformers import pipeline\n"
    assert code_above(CALL, record, "script", imports) == ""
