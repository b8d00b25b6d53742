"""The judge ``openai``: asks a language model behind any OpenAI-compatible endpoint.

Every answer is cached before it is used; what cannot be read after one repair leaves the pair unlabelled,
with the reason. The budget counts everything that the cache's ledger holds, so it also holds across killed
runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, NonNegativeFloat, PositiveFloat, PositiveInt

from callwright_plugins.errors import JudgeError
from callwright_plugins.judge import Answer, Answers, Judge, JudgeContext, Pair, Spending, Unlabelled
from callwright_plugins.judges import wording
from callwright_plugins.judges.cache import AnswerCache, Outcome, Unreadable, answer_key
from callwright_plugins.judges.endpoint import Endpoint, NoReplyError, Reply
from callwright_plugins.questions import Question
from callwright_plugins.validation import FROZEN

_MILLION = 1_000_000


class OpenAISettings(BaseModel):
    """What the judge ``openai`` is told under ``[feedback.options]``."""

    model_config = FROZEN

    base_url: Annotated[str, Field(pattern=r"^https?://")]
    """Where the endpoint is, without `/chat/completions`: `http://localhost:8000/v1`. Completions are sent
    there."""
    model: str
    """The model's name at that endpoint."""
    key_variable: str = "OPENAI_API_KEY"
    """Environment variable that holds the key; empty for an endpoint that needs none. The key itself is never
    kept."""
    one_request: bool = True
    """Ask all questions of a pair in one request; otherwise each in its own, dearer and less swayed by the
    others."""
    structured: Literal["schema", "object", "none"] = "schema"
    """How the reply's form is asked for: a JSON schema, any JSON object, or by words alone."""
    concurrency: PositiveInt = 8
    """Pairs in work at the same time."""
    timeout: PositiveFloat = 60.0
    """Seconds to wait for one reply."""
    attempts: PositiveInt = 6
    """How often a request is sent before its pair is left unlabelled."""
    pause: NonNegativeFloat = 0.5
    """Seconds before the second attempt; doubled for each further one. `Retry-After` goes before it."""
    temperature: NonNegativeFloat = 0.0
    """The model's sampling temperature."""
    max_tokens: PositiveInt = 1000
    """The longest reply, in tokens."""
    input_price: NonNegativeFloat = 0.0
    """Price of a million tokens sent."""
    output_price: NonNegativeFloat = 0.0
    """Price of a million tokens received."""
    budget: PositiveFloat | None = None
    """Stop before more than this is spent, in the currency of the prices; none sets no limit."""
    token_budget: PositiveInt | None = None
    """Stop before more tokens than this are used, sent and received together; none sets no limit."""


class OpenAIJudge(Judge):
    """A language model behind an OpenAI-compatible endpoint.

    Args:
        options: The fields of :class:`OpenAISettings`.
    """

    def __init__(self, **options: Any) -> None:
        self.settings = OpenAISettings(**options)
        if self.settings.budget and not (self.settings.input_price or self.settings.output_price):
            raise JudgeError(
                "judge 'openai': a `budget` needs `input_price` and `output_price`; or use `token_budget`"
            )
        self.concurrency = self.settings.concurrency
        self._cached = 0
        self._in_flight = 0
        self._asking: dict[str, asyncio.Lock] = {}

    def open(self, context: JudgeContext) -> None:
        """Open the cache and read the key."""
        settings = self.settings
        self._endpoint = Endpoint(
            base_url=settings.base_url,
            key_variable=settings.key_variable,
            timeout=settings.timeout,
            attempts=settings.attempts,
            connections=settings.concurrency,
            pause=settings.pause,
        )
        self._cache = AnswerCache(context.folder / "answers.sqlite")
        self._spent = self._cache.spending()

    async def answer(self, pair: Pair, questions: Sequence[Question]) -> Answers:
        """Answer from the cache, and ask for the rest."""
        known = await self._known_or_asked(pair, questions)
        for question in questions:
            outcome = known[question.id]
            if isinstance(outcome, Unreadable):
                raise Unlabelled(outcome.reason)
        return {name: outcome for name, outcome in known.items() if isinstance(outcome, Answer)}

    async def close(self) -> None:
        """Close connections and the cache."""
        if hasattr(self, "_cache"):
            await self._endpoint.close()
            self._cache.close()

    def spending(self) -> Spending:
        """Everything in this cache's ledger, with the answers that the cache saved in this run."""
        spent = self._spent if hasattr(self, "_spent") else Spending()
        return spent + Spending(cached=self._cached)

    async def _known_or_asked(self, pair: Pair, questions: Sequence[Question]) -> dict[str, Outcome]:
        keys = {question.id: self._key(question, pair) for question in questions}
        # Equal completions are common among samples: the second one waits for the first one's answers.
        async with self._asking.setdefault(",".join(keys.values()), asyncio.Lock()):
            known = {
                name: outcome for name, key in keys.items() if (outcome := self._cache.get(key)) is not None
            }
            self._cached += len(known)
            missing = [question for question in questions if question.id not in known]
            for batch in _batches(missing, self.settings.one_request):
                known |= await self._ask(pair, batch)
        return known

    async def _ask(self, pair: Pair, questions: Sequence[Question]) -> dict[str, Outcome]:
        """Ask, and ask once more about what cannot be read in the reply."""
        chat = wording.messages(pair, questions)
        reply = await self._request(chat, questions)
        outcomes = wording.read_reply(reply.text, questions)
        self._keep(
            pair, questions, {name: said for name, said in outcomes.items() if isinstance(said, Answer)}
        )
        unread = [question for question in questions if isinstance(outcomes[question.id], Unreadable)]
        if unread:
            fault = outcomes[unread[0].id].reason
            again = wording.repair(wording.messages(pair, unread), reply.text, fault)
            reply = await self._request(again, unread)
            repaired = wording.read_reply(reply.text, unread)
            self._keep(pair, unread, repaired)
            outcomes |= repaired
        return outcomes

    def _keep(self, pair: Pair, questions: Sequence[Question], outcomes: dict[str, Outcome]) -> None:
        asked = {question.id: question for question in questions}
        rows = {self._key(asked[name], pair): (asked[name], outcome) for name, outcome in outcomes.items()}
        self._cache.put(self.settings.model, rows)

    async def _request(self, chat: list[dict[str, str]], questions: Sequence[Question]) -> Reply:
        self._check_budget()
        settings = self.settings
        body: dict[str, Any] = {
            "model": settings.model,
            "messages": chat,
            "temperature": settings.temperature,
            "max_tokens": settings.max_tokens,
        }
        if settings.structured == "schema":
            body["response_format"] = wording.response_format(questions)
        elif settings.structured == "object":
            body["response_format"] = {"type": "json_object"}
        self._in_flight += 1
        try:
            reply = await self._endpoint.ask(body)
        except NoReplyError as error:
            raise Unlabelled(f"no answer from the endpoint: {error}") from error
        finally:
            self._in_flight -= 1
        self._pay(reply)
        return reply

    def _pay(self, reply: Reply) -> None:
        settings = self.settings
        money = (
            reply.input_tokens * settings.input_price + reply.output_tokens * settings.output_price
        ) / _MILLION
        self._cache.pay(settings.model, reply.input_tokens, reply.output_tokens, money)
        self._spent += Spending(
            requests=1, input_tokens=reply.input_tokens, output_tokens=reply.output_tokens, money=money
        )

    def _check_budget(self) -> None:
        """Stop before the request that may break the budget; those in flight count at the mean price."""
        spent = self._spent
        expected = (self._in_flight + 1) / max(1, spent.requests)
        tokens = spent.input_tokens + spent.output_tokens
        settings = self.settings
        if settings.budget is not None and spent.money * (1 + expected) > settings.budget:
            raise JudgeError(
                f"the judge's budget of {settings.budget:g} would be broken ({spent.money:.4g} spent in"
                f" {spent.requests} requests); every answer is kept: raise `budget` and run again"
            )
        if settings.token_budget is not None and tokens * (1 + expected) > settings.token_budget:
            raise JudgeError(
                f"the judge's budget of {settings.token_budget} tokens would be broken ({tokens} used in"
                f" {spent.requests} requests); every answer is kept: raise `token_budget` and run again"
            )

    def _key(self, question: Question, pair: Pair) -> str:
        return answer_key(self.settings.model, wording.WORDING, question, pair)


def _batches(questions: list[Question], one_request: bool) -> list[list[Question]]:
    if one_request:
        return [questions] if questions else []
    return [[question] for question in questions]
