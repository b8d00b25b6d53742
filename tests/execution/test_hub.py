import json
import threading
from pathlib import Path

import pytest

from callwright_training.execution.inside import hub_server


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hub")
    (folder / "a").write_text('{"model_type": "bert"}')
    index = {
        "repositories": {"org/Tiny": {"files": {"config.json": "a", "sub/x.txt": "a"}, "task": "fill-mask"}}
    }
    (folder / "index.json").write_text(json.dumps(index))
    listener = hub_server.listen(0)
    port = listener.getsockname()[1]
    threading.Thread(target=hub_server.serve, args=(listener, folder), daemon=True).start()
    return f"http://127.0.0.1:{port}"


def test_the_real_client_downloads(hub, tmp_path):
    from huggingface_hub import hf_hub_download

    path = hf_hub_download("org/Tiny", "config.json", endpoint=hub, cache_dir=tmp_path)
    assert json.loads(Path(path).read_text()) == {"model_type": "bert"}


def test_the_real_client_sees_the_files_and_the_task(hub):
    from huggingface_hub import HfApi

    information = HfApi(endpoint=hub).model_info("org/Tiny")
    assert [file.rfilename for file in information.siblings] == ["config.json", "sub/x.txt"]
    assert information.pipeline_tag == "fill-mask"


@pytest.mark.parametrize(
    ("repository", "file", "revision", "error"),
    [
        ("org/unknown", "config.json", None, "RepositoryNotFoundError"),
        ("org/Tiny", "unknown.bin", None, "RemoteEntryNotFoundError"),
        ("org/Tiny", "config.json", "unknown", "RevisionNotFoundError"),
    ],
)
def test_what_is_not_there_is_refused_as_the_hub_refuses(hub, tmp_path, repository, file, revision, error):
    import huggingface_hub.errors
    from huggingface_hub import hf_hub_download

    with pytest.raises(getattr(huggingface_hub.errors, error)):
        hf_hub_download(repository, file, revision=revision, endpoint=hub, cache_dir=tmp_path)
