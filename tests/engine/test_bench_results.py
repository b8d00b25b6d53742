import importlib.util
import json
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def results():
    path = Path(__file__).parents[2] / "benchmarks" / "bench" / "results.py"
    spec = importlib.util.spec_from_file_location("bench_results", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Results


def test_a_stopped_run_measures_only_what_is_missing(results, tmp_path):
    path, asked = tmp_path / "results" / "today.json", []

    def measure():
        asked.append(len(asked))
        return {"seconds": asked[-1]}

    assert results(path, 2).of("trace", "photos", measure)["seconds"] == 0
    later = results(path, 2)
    assert later.of("trace", "photos", measure)["seconds"] == 0
    with pytest.raises(ZeroDivisionError):
        later.of("trace", "search", lambda: {"seconds": 1 / 0})
    assert json.loads(path.read_text())["trace"].keys() == {"photos"}
    assert results(path, 2).of("trace", "search", measure)["seconds"] == 1
    assert results(path, 2, again=True).of("trace", "photos", measure)["seconds"] == 2
