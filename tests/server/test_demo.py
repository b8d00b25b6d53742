import subprocess
import sys

import pytest

from callwright_server.bundle import DEFAULT_BUNDLE, bundles_folder
from callwright_server.lsp.demo import MARK, sample, watch


def test_the_sample_has_stops():
    assert sample().count(MARK) >= 6


async def test_a_sample_is_typed_into_a_real_server(bundle_path):
    text = 'from transformers import pipeline\n\n# Natural language fill-mask\n‸\n\nx = "prose‸\n'
    first, second = [stop async for stop in watch(text, bundle=str(bundle_path))]
    assert first.suggestion == "pipe = pipeline('fill-mask', model='org/base-uncased')"
    assert (first.above, first.line) == ("# Natural language fill-mask", "")
    assert (second.line, second.suggestion) == ('x = "prose', "")
    assert "inside a string" in second.reason


def demo(*arguments):
    command = [sys.executable, "-m", "callwright_server", "demo", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)


@pytest.mark.slow
def test_a_bundle_that_suggests_little_fails(bundle_path):
    done = demo("--bundle", str(bundle_path))
    assert done.returncode == 1, done.stderr
    assert "fewer than 5" in done.stderr


def test_a_missing_bundle_is_one_line(tmp_path):
    done = demo("--bundle", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.strip().startswith("Error: ")
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_the_default_bundle_suggests_at_most_stops():
    if not (bundles_folder() / DEFAULT_BUNDLE).is_dir():
        pytest.skip("the default bundle is not installed (rlaif-train export --default)")
    done = demo()
    assert done.returncode == 0, done.stdout + done.stderr
