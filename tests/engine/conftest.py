import pytest

from callwright_server.engine import Engine, EngineSettings

# Small chunks, so that a short prompt takes several passes.
SETTINGS = EngineSettings(threads=1, chunk=8, context=256)


@pytest.fixture(scope="session")
def engine(tiny_bundle):
    return Engine(tiny_bundle, SETTINGS)


@pytest.fixture(scope="session", params=["tiny", "tiny-gpt2"])
def exact_bundle(request, tiny_bundle_of):
    """Each family in 32 bits: cached and uncached paths must agree to the last token."""
    return tiny_bundle_of(request.param, "fp32")


@pytest.fixture
def exact_engine(exact_bundle):
    return Engine(exact_bundle, SETTINGS)
