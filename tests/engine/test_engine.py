import math
import threading
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callwright_server.engine import Engine, EngineSettings, FinishReason

PROMPT = "import torch\nfrom transformers import pipeline\n\n# Translate a sentence\nmodel = "


class OneOf:
    """Only these texts may be generated: a constraint as a list of token sequences."""

    def __init__(self, *texts):
        self.texts = texts

    def allowed(self, generated):
        start = list(generated)
        rest = [text for text in self.texts if text[: len(start)] == start]
        return sorted({text[len(start)] for text in rest if len(text) > len(start)})


def raised_after(calls):
    """A stop flag that is raised when it has been asked so many times."""
    asked = iter(range(calls))
    return lambda: next(asked, None) is None


@pytest.fixture(scope="module")
def fresh(exact_bundle):
    """Generates with nothing in the cache."""
    engine = Engine(exact_bundle, EngineSettings(threads=1, chunk=64, context=256, slots=1, draft=0))

    def generate(prompt, **options):
        engine.forget()
        return engine.generate(prompt, **options)

    return generate


def test_logits_are_those_of_torch(exact_engine, exact_bundle):
    import torch

    from callwright_training.bases import load_base

    base = load_base(exact_bundle.manifest.base)
    tokens = exact_engine.encode(PROMPT)
    with torch.inference_mode():
        expected = base.model(torch.tensor([tokens])).logits[0].numpy()
    np.testing.assert_allclose(exact_engine.logits(tokens), expected, atol=2e-5)
    greedy = base.model.generate(
        torch.tensor([tokens]), max_new_tokens=12, do_sample=False, pad_token_id=0, eos_token_id=-1
    )[0, len(tokens) :].tolist()
    assert list(exact_engine.generate(PROMPT, max_tokens=12).tokens) == greedy


def test_a_longer_prompt_reads_only_what_is_new(exact_engine, fresh):
    first = exact_engine.generate(PROMPT, max_tokens=4)
    again = exact_engine.generate(PROMPT + "pipe", max_tokens=4)
    assert first.reused_tokens == 0
    assert again.reused_tokens >= first.prompt_tokens - 1  # the space at the end joined the new word
    assert again.text == fresh(PROMPT + "pipe", max_tokens=4).text


@given(
    edits=st.lists(
        st.tuples(st.integers(0, 80), st.integers(0, 20), st.text("ab(.\n ", max_size=8)), max_size=5
    )
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_typed_before_changes_nothing(exact_engine, fresh, edits):
    text = PROMPT
    for place, removed, added in edits:
        text = text[:place] + added + text[place + removed :]
        cached, uncached = (run(text, max_tokens=3) for run in (exact_engine.generate, fresh))
        assert cached.tokens == uncached.tokens
        np.testing.assert_allclose(cached.log_probs, uncached.log_probs, atol=1e-4)


@given(
    st.lists(st.sampled_from(["model = pipeline('x')\n", "x = 1\n", "model", " = ", "pipe"]), max_size=9),
    st.booleans(),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_guessing_changes_no_result(exact_bundle, exact_engine, fresh, parts, constrained):
    """The fixture that guesses nothing is the judge of the one that does."""
    text = "".join(parts)
    texts = [
        exact_engine.encode(end) for end in ("pipeline('x')\nmodel", "model = 1", "pipeline('x')\nx = 2")
    ]
    constraint = OneOf(*texts) if constrained else None
    guessed, plain = (
        run(text, max_tokens=16, constraint=constraint) for run in (exact_engine.generate, fresh)
    )
    assert (guessed.tokens, guessed.finish) == (plain.tokens, plain.finish)
    np.testing.assert_allclose(guessed.log_probs, plain.log_probs, atol=1e-4)


def test_a_repetition_is_guessed(engine):
    """A random model with tied embeddings repeats itself."""
    result = engine.generate("x = 1\n" * 8, max_tokens=40)
    assert len(result.tokens) == 40
    assert result.drafted_tokens >= 30


@pytest.mark.parametrize("typed", [0, 3])
def test_what_was_given_up_is_expected_again(exact_bundle, fresh, typed):
    """The line that a newer key stopped is read in one pass, and the result is as if nobody had known."""
    engine = Engine(exact_bundle, EngineSettings(threads=1, context=256))
    whole = fresh(PROMPT, max_tokens=12)
    begun = engine.generate(PROMPT, max_tokens=12, stop=raised_after(20))
    prompt = PROMPT + begun.text[:typed]
    result = engine.generate(prompt, max_tokens=12)
    assert len(begun.text) > typed
    assert result.tokens == fresh(prompt, max_tokens=12).tokens
    if not typed:
        assert result.tokens == whole.tokens
        assert result.drafted_tokens >= len(begun.tokens) - 1


def test_two_documents_keep_their_places(engine):
    one, other = PROMPT, "def load(path):\n    with open(path) as file:\n        return "
    for text in (one, other):
        engine.generate(text, max_tokens=2)
    for text in (one, other, one):
        result = engine.generate(text, max_tokens=2)
        assert result.reused_tokens == result.prompt_tokens - 1


def test_stop_ends_within_one_token(engine):
    passes = len(engine.encode(PROMPT)) // engine.settings.chunk + 1
    engine.forget()
    result = engine.generate(PROMPT, max_tokens=50, stop=raised_after(passes + 6))
    assert result.finish is FinishReason.STOPPED
    assert 0 < len(result.tokens) <= 6
    assert len(result.log_probs) == len(result.tokens)
    assert engine.generate(PROMPT, max_tokens=2, stop=lambda: True).tokens == ()


def test_stop_during_the_prompt_leaves_a_usable_cache(exact_engine, fresh):
    assert exact_engine.generate(PROMPT, max_tokens=4, stop=raised_after(3)).tokens == ()
    assert exact_engine.generate(PROMPT, max_tokens=4).tokens == fresh(PROMPT, max_tokens=4).tokens


def test_the_deadline_returns_the_text_so_far(engine):
    result = engine.generate(PROMPT, max_tokens=10_000, deadline=time.monotonic() + 0.05)
    assert result.finish in (FinishReason.DEADLINE, FinishReason.LENGTH)
    assert (
        engine.generate(PROMPT, max_tokens=5, deadline=time.monotonic() - 1).finish is FinishReason.DEADLINE
    )


def test_a_waiting_request_gives_way_at_once(engine):
    holds, release = threading.Event(), threading.Event()
    asked = iter(range(99))

    def stop():
        if next(asked):  # the first time it does not have the model yet
            holds.set()
            release.wait(60)
        return False

    first = threading.Thread(target=engine.generate, args=(PROMPT,), kwargs={"max_tokens": 3, "stop": stop})
    first.start()
    assert holds.wait(60)
    began = time.monotonic()
    waiting = engine.generate(PROMPT, max_tokens=3, stop=lambda: time.monotonic() - began > 0.05)
    release.set()
    first.join(5)
    assert waiting.finish is FinishReason.STOPPED
    assert time.monotonic() - began < 30  # the first holds the model twice as long
    assert engine.generate(PROMPT, max_tokens=3).finish is not FinishReason.STOPPED


def test_only_what_is_allowed_is_generated(engine):
    texts = [
        engine.encode(text) for text in ("pipeline('fill-mask')", "pipeline('text')", "AutoModel.load()")
    ]
    result = engine.generate(PROMPT, max_tokens=50, constraint=OneOf(*texts))
    assert list(result.tokens) in texts
    assert result.finish is FinishReason.END
    free = engine.score(PROMPT, [result.text])[0]
    np.testing.assert_allclose(result.log_probs, free, atol=1e-3)


def test_where_there_is_no_choice_the_model_is_not_asked(engine):
    """Every pass asks the stop flag; eleven forced tokens take as many passes as chunks."""
    engine.generate(PROMPT, max_tokens=1)
    tokens = engine.encode("AutoModelForSequenceClassification.from_pretrained('x')")
    asked = []
    result = engine.generate(
        PROMPT, max_tokens=99, constraint=OneOf(tokens), stop=lambda: asked.append(1) or False
    )
    assert result.forced_tokens == len(result.tokens) == len(tokens)
    assert len(asked) <= 2 + len(tokens) // engine.settings.chunk + 1
    assert not any(map(math.isnan, result.log_probs))


def test_scores_do_not_depend_on_company_or_cache(exact_engine):
    calls = [
        "pipeline('fill-mask')\n",
        "pipeline('text')\n",
        "AutoModel.load()\n",
        "pipeline('fill-mask')\n",
        "p",
    ]
    together = exact_engine.score(PROMPT, calls)
    for call, scores in zip(calls, together, strict=True):
        tokens = exact_engine.encode(PROMPT) + exact_engine.encode(call)
        logits = exact_engine.logits(tokens).astype(float)
        probabilities = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        start = len(exact_engine.encode(PROMPT))
        expected = [probabilities[place - 1, tokens[place]] for place in range(start, len(tokens))]
        np.testing.assert_allclose(scores, expected, atol=1e-4)
    pairs = [(PROMPT, call) for call in calls] + [
        ("# A cat\n", "model"),
        ("# A dog, and more of it\n", "model"),
    ]
    cold, warm = exact_engine.score_pairs(pairs), exact_engine.score_pairs(pairs)
    for left, right in zip(cold, warm, strict=True):
        np.testing.assert_allclose(left, right, atol=1e-4)
    for left, right in zip(cold, together, strict=False):
        np.testing.assert_allclose(left, right, atol=1e-4)


def test_stopped_scoring_is_empty(engine):
    assert engine.score(PROMPT, ["a", "b"], stop=lambda: True) == [[], []]
    assert engine.score_pairs([("a", "b")], stop=raised_after(1)) == [[]]


@pytest.mark.parametrize("prompt", ["", "\n", "x = 1\n" * 400, "😀" * 300])
def test_odd_prompts_are_continued(engine, prompt):
    result = engine.generate(prompt, max_tokens=3)
    assert result.prompt_tokens <= engine.context
    assert len(result.tokens) <= 3
    assert len(engine.generate(prompt, max_tokens=10_000).tokens) < engine.context
    for scores in (
        engine.score(prompt, ["x = 1\n" * 400, ""]),
        engine.score_pairs([(prompt, "x = 1\n" * 400), ("a", "")]),
    ):
        assert [len(row) for row in scores] == [engine.context // 2, 0]
