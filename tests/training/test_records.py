import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callwright_grounding.catalogue import parse_call
from callwright_training.errors import RecordsError
from callwright_training.records import folds, held_out, read_records
from callwright_training.records.apibench import output_parts
from callwright_training.records.repair import repair_call, repair_code

GORILLA = {"huggingface_eval": 611, "torchhub_eval": 186, "torchhub_train": 837, "tensorflow_eval": 688}


@pytest.mark.gorilla
@pytest.mark.parametrize(("name", "count"), GORILLA.items())
def test_every_record_of_apibench_is_read(gorilla, name, count):
    found = read_records(gorilla / "apibench" / f"{name}.json")

    assert (len(found), len(found.skipped)) == (count, 0)
    assert all(record.instruction and record.call and record.domain for record in found)
    assert sum(record.code_repair == "unparsable" for record in found) <= 6


@pytest.mark.gorilla
def test_hugging_face_has_37_domains_and_question_ids_of_the_full_file(gorilla):
    found = read_records(gorilla / "apibench" / "huggingface_eval.json")

    assert len({record.domain for record in found}) == 37
    assert (found.records[0].question_id, found.records[-1].question_id) == (3, 911)
    assert sum(parse_call(record.call) is None for record in found) == 3  # shell commands


def test_marks_in_several_spellings_and_missing_parts(small_records):
    found = read_records(small_records / "harbour_eval.json").records

    assert len(found) == 10
    assert [record.question_id for record in found][:3] == [3, 4, 7]
    assert found[2].input == "the photo is garden.jpg"
    assert {record.provider for record in found} == {"Hugging Face Transformers"}
    assert (found[1].domain, found[1].domain_raw) == ("Audio Audio Classification", "Audio Classification")
    assert [record.code_repair for record in found][3:7] == ["shell_lines", "fence", "raw", "missing"]
    assert found[3].code_raw.startswith("!pip")
    assert found[0].api.imports == ("from transformers import pipeline",)


@pytest.mark.parametrize("name", ["gulls_train", "gulls_eval"])
def test_dict_like_texts_with_unescaped_quotes(small_records, name):
    first, second, third = read_records(small_records / f"{name}.json").records

    assert first.instruction == "Count the gulls on a roof."
    assert second.instruction == "Outline ships' hulls in a picture of the harbour."
    assert first.code == "import torch\nmodel = torch.hub.load('acme/x', 'gullnet')"
    assert first.explanation == "Load it; it's small."
    assert third.call == "torch.hub.load('acme/wave', 'wave', 'wave_small', pretrained=True)"
    assert third.call_raw != third.call


def test_sections_divided_by_commas(small_records):
    [record] = read_records(small_records / "boats_eval.json").records

    assert output_parts(record.code_raw) == {}
    assert record.explanation == "One layer does it."
    assert record.question_id == 1


def test_a_teams_own_records(small_records):
    first, second = read_records(small_records / "team.jsonl").records

    assert first.call == "acme.logbook.read(path='log.txt')"
    assert first.api.imports == ("import acme.logbook",)
    assert (second.code, second.domain) == ("", "")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"instruction": "x"}', "the field 'api_call' is missing or empty"),
        ('{"instruction": "x", "api_call": "f()", "cod": ""}', "unknown field 'cod'"),
        ('{"instruction": "x", "api_call": "not a call"}', "not a Python call"),
        ('{"code": "nothing here", "api_call": "f()"}', "no instruction"),
        ("[1, 2", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('"text"', "not a JSON object"),
    ],
)
def test_a_malformed_line_is_named_and_does_not_stop_the_rest(tmp_path, small_records, line, reason):
    good = (small_records / "team.jsonl").read_text()
    (tmp_path / "mixed.jsonl").write_text(f"{good}{line}\n{good}")

    found = read_records(tmp_path / "mixed.jsonl")

    assert len(found) == 4
    [skipped] = found.skipped
    assert str(skipped).startswith("mixed.jsonl:3: ")
    assert reason in skipped.reason


def test_a_file_that_is_one_array(tmp_path, small_records):
    lines = (small_records / "team.jsonl").read_text().splitlines()
    (tmp_path / "team.json").write_text(json.dumps([json.loads(line) for line in lines], indent=2))

    assert len(read_records(tmp_path / "team.json")) == 2


def test_question_ids_that_do_not_fit_the_lines(tmp_path, small_records):
    (tmp_path / "x.json").write_bytes((small_records / "harbour_eval.json").read_bytes())
    (tmp_path / "x.question_ids.json").write_text("[1, 2]")

    with pytest.raises(RecordsError, match="2 question ids for 10 lines"):
        read_records(tmp_path / "x.json")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(
    [
        "code",
        "api_call",
        "provider",
        "instruction",
        "domain",
        "imports",
        "name",
        "example_code",
        "performance",
    ]
)
marks = st.lists(
    st.sampled_from(
        [
            "###Instruction: ",
            "###Output: ",
            "<<<code>>>: ",
            "{'domain': '",
            "'code': \"",
            "\\n",
            "\ud800",
            "x(",
        ]
    )
).map("".join)
odd = st.dictionaries(fields, json_values | marks, max_size=5)
odd_records = st.builds(lambda top, data: {**top, "api_data": data}, odd, odd | json_values) | odd


@given(
    st.lists(st.binary(max_size=60) | odd_records.map(lambda value: json.dumps(value).encode()), max_size=4)
)
def test_no_bytes_make_the_reader_fail(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("odd") / "odd.json"
    path.write_bytes(b"\n".join(lines))

    found = read_records(path)

    for record in found:
        assert record.instruction
        (record.instruction + record.call + record.code + record.api.description).encode()


@given(marks | st.text())
def test_repairs_never_fail_and_keep_what_parses(text):
    code, rule = repair_code(text)
    assert rule in ("missing", "unparsable") or compile(code, "x", "exec", dont_inherit=True, flags=1024)
    assert parse_call(repair_call(text)) or repair_call(text) == text.strip()


@pytest.mark.parametrize(
    ("raw", "call"),
    [
        ("pipeline('a', model=o/n)", "pipeline('a', model='o/n')"),
        ("A.load('o/n'), B.load('o/n')", "A.load('o/n')"),
        ("A.load('o/n')(prompt).images[0]", "A.load('o/n')"),
        ("pipeline('a') should be changed to b('c')", "pipeline('a')"),
    ],
)
def test_calls_written_nearly_right(raw, call):
    assert repair_call(raw) == call


def test_a_split_depends_on_nothing_but_records_and_seed(small_records):
    records = list(read_records(small_records / "harbour_eval.json"))
    shuffled = random.Random(1).sample(records, len(records))

    first, again = held_out(records, 0.2, seed=3), held_out(shuffled, 0.2, seed=3)

    assert first == again != held_out(records, 0.2, seed=4)
    assert len(first.held_out) == 2
    assert {r.id for r in first.train} | {r.id for r in first.held_out} == {r.id for r in records}


def test_each_record_is_held_out_in_one_fold(small_records):
    records = read_records(small_records / "harbour_eval.json")

    splits = folds(records, k=3, seed=0)

    assert sorted(record.id for split in splits for record in split.held_out) == sorted(r.id for r in records)
    assert all(len(split.train) + len(split.held_out) == 10 for split in splits)
