"""A model behind an OpenAI-compatible endpoint, asked in APIBench's own words."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import Any

from callwright_plugins.judges.endpoint import Endpoint, NoReplyError
from callwright_training.errors import StageError
from callwright_training.metrics import Answer
from callwright_training.records import Record

PROMPT = """You write Python programs that call a machine-learning API to do what the user asks for.
Answer in exactly this form and with nothing else:
<<<domain>>>: the API's domain
<<<api_call>>>: one API call in one line, such as AutoModel.from_pretrained('organisation/model')
<<<api_provider>>>: the library
<<<explanation>>>: the steps, in a few words
<<<code>>>: the program
"""
"""What the endpoint is told before each instruction: the sections that Gorilla's models were trained on."""

LONGEST_ANSWER = 1024
"""Tokens of one answer at most."""
_TEMPERATURE = 0.7
_CONNECTIONS = 4


class EndpointSystem:
    """Asks an endpoint, a few questions at a time.

    Args:
        url: Up to and without ``/chat/completions``.
        model: The model's name there.
        key_variable: Environment variable with the key; no key is sent where it is not set.
        name: Name in tables; the model's own where ``None``.
        sampled: Sample with temperature 0.7 instead of taking the likeliest.
        max_tokens: Longest answer.

    Raises:
        StageError: No model is named.
    """

    concurrency = _CONNECTIONS

    def __init__(
        self,
        url: str,
        *,
        model: str | None,
        key_variable: str = "OPENAI_API_KEY",
        name: str | None = None,
        sampled: bool = False,
        max_tokens: int = LONGEST_ANSWER,
    ) -> None:
        if not model:
            raise StageError("which model of the endpoint? Give --endpoint-model NAME")
        settings = {"model": model, "temperature": _TEMPERATURE if sampled else 0.0, "max_tokens": max_tokens}
        self.identity: dict[str, Any] = {
            "name": name or model,
            "kind": "endpoint",
            "url": url,
            "prompt": PROMPT,
            **settings,
        }
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._endpoint = Endpoint(
            base_url=url,
            key_variable=key_variable if os.environ.get(key_variable) else "",
            timeout=120.0,
            attempts=5,
            connections=_CONNECTIONS,
        )

    def answer(self, record: Record, *, seed: int) -> Answer:
        """Ask once.

        Raises:
            StageError: The endpoint did not answer.
            JudgeError: The endpoint refuses.
        """
        question = f"{record.instruction}\n{record.input}".strip()
        messages = [{"role": "system", "content": PROMPT}, {"role": "user", "content": question}]
        body = {**self._settings, "messages": messages, "seed": seed}
        try:
            reply = asyncio.run_coroutine_threadsafe(self._endpoint.ask(body), self._loop).result()
        except NoReplyError as error:
            raise StageError(
                f"{self.identity['url']}: {error}; what was answered is kept with --out, run again to go on"
            ) from error
        return Answer.read(reply.text)
