"""The judge `openai` against a real HTTP server that misbehaves on purpose."""

import asyncio
import time

import httpx
import pytest

from callwright_plugins.errors import JudgeError
from callwright_plugins.fake_endpoint import FAULTS, FakeEndpoint
from callwright_plugins.judge import JudgeContext, Pair
from callwright_plugins.judges.openai import OpenAIJudge
from callwright_plugins.judging import judge_all
from callwright_plugins.testing import JudgeContract, judge_now


def judge_at(endpoint, **options):
    return OpenAIJudge(
        **{"base_url": endpoint.url, "model": "m", "key_variable": "", "timeout": 0.6, "pause": 0.01}
        | options
    )


class TestContract(JudgeContract):
    @pytest.fixture
    def judge(self):
        with FakeEndpoint(faults=("", "429", "half")) as endpoint:
            yield judge_at(endpoint)


@pytest.mark.parametrize("one_request", [True, False])
def test_every_pair_is_labelled_and_none_paid_twice(pairs, questions, tmp_path, one_request):
    with FakeEndpoint(faults=(*FAULTS, "")) as endpoint:
        judge = judge_at(endpoint, one_request=one_request, concurrency=16)
        judgements = judge_now(judge, pairs(40 if one_request else 6), questions, tmp_path)

    assert [judgement.unlabelled for judgement in judgements] == [None] * len(judgements)
    assert set(endpoint.paid.values()) == {1}
    assert judge.spending().requests >= len(judgements)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("500", "no answer from the endpoint: HTTP 500, 2 times"),
        ("cut", "no answer from the endpoint: the connection was cut (RemoteProtocolError), 2 times"),
        ("slow", "no answer from the endpoint: no reply in time, 2 times"),
        ("not json", 'the reply is not JSON of the form {"answers": {...}}'),
        ("wrong shape", 'the reply is not JSON of the form {"answers": {...}}'),
        ("half", "question 'logic' is not answered"),
    ],
)
def test_a_pair_that_cannot_be_labelled_says_why(pairs, questions, tmp_path, fault, reason):
    with FakeEndpoint(always=lambda text: fault if "print(1)" in text else None) as endpoint:
        judgements = judge_now(judge_at(endpoint, attempts=2), pairs(3), questions, tmp_path)

    assert [judgement.unlabelled is None for judgement in judgements] == [True, False, True]
    assert judgements[1].unlabelled == reason


def test_a_second_run_asks_nothing(pairs, questions, tmp_path):
    with FakeEndpoint(always=lambda text: "not json" if "print(1)" in text else None) as endpoint:
        first = judge_now(judge_at(endpoint), pairs(5), questions, tmp_path)
        asked = endpoint.requests
        second = judge_now(judge_at(endpoint), pairs(5), questions, tmp_path)

    assert endpoint.requests == asked
    assert [j.unlabelled for j in second] == [j.unlabelled for j in first]


def test_equal_completions_are_asked_about_once(questions, tmp_path):
    twins = [Pair(id=str(n), instruction="Greet.", completion="print('hello')\n") for n in range(8)]
    with FakeEndpoint(delay=0.05) as endpoint:
        judge_now(judge_at(endpoint), twins, questions, tmp_path)

    assert endpoint.requests == 1


def test_a_new_question_asks_only_itself(pairs, questions, tmp_path):
    fewer = questions.model_copy(update={"questions": questions.questions[:7]})
    with FakeEndpoint() as endpoint:
        judge_now(judge_at(endpoint), pairs(2), fewer, tmp_path)
        judge_now(judge_at(endpoint), pairs(2), questions, tmp_path)

    assert set(endpoint.paid.values()) == {1}
    assert endpoint.requests == 4


def test_the_budget_stops_the_run_and_keeps_what_was_paid(pairs, questions, tmp_path):
    with FakeEndpoint() as endpoint:
        options = {"input_price": 10_000.0, "budget": 10.0, "concurrency": 4}  # one unit a request
        with pytest.raises(JudgeError, match=r"budget of 10 would be broken .* raise `budget`"):
            judge_now(judge_at(endpoint, **options), pairs(30), questions, tmp_path)
        assert 6 <= endpoint.requests <= 10

        judge_now(judge_at(endpoint, **options | {"budget": 100.0}), pairs(30), questions, tmp_path)
    assert set(endpoint.paid.values()) == {1}


def test_the_key_is_sent_and_nowhere_kept(pairs, questions, tmp_path, monkeypatch):
    monkeypatch.setenv("OUR_KEY", "s3cret")
    with FakeEndpoint() as endpoint:
        judge_now(judge_at(endpoint, key_variable="OUR_KEY"), pairs(1), questions, tmp_path)

    assert endpoint.keys == {"Bearer s3cret"}
    assert b"s3cret" not in b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


def test_a_missing_key_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("OUR_KEY", raising=False)
    with pytest.raises(JudgeError, match=r"\$OUR_KEY, which is not set"), FakeEndpoint() as endpoint:
        judge_at(endpoint, key_variable="OUR_KEY").open(JudgeContext(folder=tmp_path, build=None))


@pytest.mark.slow
@pytest.mark.parametrize("limit", [1, 8, 16])
def test_throughput_grows_with_the_limit(pairs, questions, tmp_path, limit):
    """Against a 300 ms server 90 % of what the limit allows; on a busy machine of what a bare client gets."""
    shares: list[float] = []
    bare = 1.0
    while len(shares) < 6 and max(shares, default=0) < 0.9 * bare:
        judge = _judge_all(pairs(limit * 10), questions, tmp_path / str(len(shares)))
        shares.append(_share_of_the_ideal(judge, limit))
        if (
            shares[-1] < 0.9
        ):  # other programs have the cores: how far does a client get that does nothing else?
            bare = min(bare, _share_of_the_ideal(_post_all, limit))

    assert max(shares) >= 0.9 * bare, f"{', '.join(f'{share:.0%}' for share in shares)}; bare {bare:.0%}"


def _share_of_the_ideal(ask, limit):
    with FakeEndpoint(delay=0.3) as endpoint:
        seconds = asyncio.run(ask(endpoint, limit))
        assert endpoint.at_once == limit
    return 10 * 0.3 / seconds


def _judge_all(pairs, questions, folder):
    async def ask(endpoint, limit):
        judge = judge_at(endpoint, concurrency=limit, timeout=30)
        judge.open(JudgeContext(folder=folder, build=None))
        started = time.perf_counter()
        async for _ in judge_all(judge, pairs, questions):
            pass
        seconds = time.perf_counter() - started
        await judge.close()
        return seconds

    return ask


async def _post_all(endpoint, limit):
    async with httpx.AsyncClient(timeout=30) as client, asyncio.TaskGroup() as tasks:
        said = [{"role": role, "content": "print(1)"} for role in ("system", "user")]

        async def post_ten():
            for _ in range(10):
                await client.post(f"{endpoint.url}/chat/completions", json={"model": "m", "messages": said})

        started = time.perf_counter()
        for _ in range(limit):
            tasks.create_task(post_ten())
    return time.perf_counter() - started
