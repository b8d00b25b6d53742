import json
import sys
from pathlib import Path

import pytest

from callwright_training.execution.sandbox import Sandbox, Surroundings

COMMIT = (
    "from huggingface_hub import model_info, try_to_load_from_cache\nname = 'org/Tiny'\n"
    "commit = model_info(name).sha\n"
)
DOWNLOAD = "from huggingface_hub import hf_hub_download\npath = hf_hub_download('org/Tiny', 'sub/x.txt')\n"


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub")
    folder.chmod(0o755)  # the hub is another user
    (folder / "a").write_text("first")
    row = {"files": {"config.json": "a", "sub/x.txt": "a"}, "task": "fill-mask"}
    (folder / "index.json").write_text(json.dumps({"repositories": {"org/Tiny": row}}))
    return folder


@pytest.fixture(scope="module")
def sandbox(hub):
    with Sandbox(
        Surroundings(
            python=Path(sys.executable),
            hub=hub,
            warm=("huggingface_hub.file_download", "huggingface_hub.hf_api"),
        )
    ) as sandbox:
        yield sandbox


def run(sandbox, code):
    answer = sandbox.run("a", code, lenient=False)
    assert answer["ok"], answer
    return answer["output"].strip(), answer["fetched"]


def test_what_the_hub_has_need_not_be_downloaded(sandbox, hub):
    output, fetched = run(sandbox, DOWNLOAD + "import os\nprint(open(path).read(), os.path.realpath(path))")
    assert output == f"first {hub / 'a'}"
    assert fetched == ["org/Tiny"], "it is on record all the same"


def test_what_a_repository_lacks_is_known(sandbox):
    look = COMMIT + "for file in ('vocab.txt', 'config.json', 'other.bin'):\n"
    output, _ = run(
        sandbox, look + "    print(type(try_to_load_from_cache(name, file, revision=commit)).__name__)"
    )
    assert output.split() == ["object", "str", "NoneType"]


def test_a_whole_repository_is_on_record(sandbox):
    output, fetched = run(
        sandbox, "from huggingface_hub import snapshot_download\nprint(snapshot_download('org/Tiny'))"
    )
    assert "models--org--Tiny/snapshots/" in output
    assert fetched == ["org/Tiny"]


def test_each_script_has_a_layer_of_its_own(sandbox):
    run(sandbox, DOWNLOAD + "import os\nos.remove(path)\nopen(path, 'w').write('second')")
    assert run(sandbox, DOWNLOAD + "print(open(path).read())")[0] == "first"


def test_a_script_downloads_into_its_layer(sandbox):
    forced = "hf_hub_download('org/Tiny', 'config.json', force_download=True)"
    output, _ = run(sandbox, f"from huggingface_hub import hf_hub_download\nprint(open({forced}).read())")
    assert output == "first"


def test_the_common_layer_is_read_only(sandbox):
    output, _ = run(
        sandbox,
        "import os\nplaces = [place for place, _, _ in os.walk('/cache')]\n"
        "for place in places:\n"
        "    try: open(place + '/x', 'w')\n"
        "    except OSError: continue\n"
        "    print('ESCAPED', place)\n"
        "print(len(places) > 5)",
    )
    assert output == "True"
