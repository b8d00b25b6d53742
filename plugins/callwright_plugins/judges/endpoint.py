"""One OpenAI-compatible endpoint: sends chat requests, waits and tries again where that helps.

Knows nothing of questions. The key is read from the environment, sent, and never written anywhere.
"""

from __future__ import annotations

import asyncio
import email.utils
import os
import random
import ssl
import time
from dataclasses import dataclass
from typing import Any

import httpx

from callwright_plugins.errors import JudgeError

_LONGEST_WAIT = 120.0
_TRY_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for one request."""

    text: str
    input_tokens: int
    output_tokens: int


class NoReplyError(Exception):
    """The endpoint gave no usable reply within the attempts allowed."""


class Endpoint:
    """A chat endpoint.

    Args:
        base_url: Up to and without ``/chat/completions``.
        key_variable: Environment variable with the key; empty sends none.
        timeout: Seconds to wait for one reply.
        attempts: How often one request is sent at most.
        connections: How many requests may be under way at the same time.

    Raises:
        JudgeError: The variable is not set.
    """

    def __init__(
        self,
        *,
        base_url: str,
        key_variable: str,
        timeout: float,
        attempts: int,
        connections: int,
        pause: float = 0.5,
    ) -> None:
        self._url = base_url.rstrip("/") + "/chat/completions"
        self._attempts = attempts
        self._pause = pause
        self._not_before = 0.0
        # One client for each connection: httpx looks through a client's whole pool at every request, which is
        # what limits the throughput from about 16 connections on.
        headers, context = _authorization(key_variable), ssl.create_default_context()
        self._clients = [
            httpx.AsyncClient(headers=headers, timeout=timeout, verify=context, trust_env=False)
            for _ in range(connections)
        ]
        self._free: asyncio.LifoQueue[httpx.AsyncClient] = asyncio.LifoQueue()
        for client in self._clients:
            self._free.put_nowait(client)

    async def ask(self, body: dict[str, Any]) -> Reply:
        """Send one chat request.

        Raises:
            NoReplyError: No usable reply within the attempts allowed; the message says what the last one was.
            JudgeError: The endpoint refuses (wrong key, no such model, request not understood).
        """
        fault = ""
        for attempt in range(self._attempts):
            await self._wait_until_open()
            try:
                response = await self._send(body)
            except httpx.TransportError as error:
                fault = _transport_fault(error)
                await self._back_off(attempt)
                continue
            if response.status_code in _TRY_AGAIN:
                fault = f"HTTP {response.status_code}"
                await self._back_off(attempt, _retry_after(response))
                continue
            if response.is_error:
                raise JudgeError(f"{self._url} refused: HTTP {response.status_code} {_said(response)}")
            try:
                return _reply(response)
            except (ValueError, KeyError, IndexError, TypeError):
                fault = "a reply that is not a chat completion"
                await self._back_off(attempt)
        raise NoReplyError(f"{fault}, {self._attempts} times")

    async def close(self) -> None:
        """Close every connection."""
        for client in self._clients:
            await client.aclose()

    async def _send(self, body: dict[str, Any]) -> httpx.Response:
        client = await self._free.get()
        try:
            return await client.post(self._url, json=body)
        finally:
            self._free.put_nowait(client)

    async def _wait_until_open(self) -> None:
        while (seconds := self._not_before - time.monotonic()) > 0:
            await asyncio.sleep(seconds)

    async def _back_off(self, attempt: int, asked: float | None = None) -> None:
        """Wait before the next attempt; where the endpoint named a time, every request waits for it."""
        if asked is not None:
            self._not_before = max(self._not_before, time.monotonic() + min(asked, _LONGEST_WAIT))
        elif attempt + 1 < self._attempts:
            pause = min(self._pause * 2**attempt, _LONGEST_WAIT)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))


def _authorization(variable: str) -> dict[str, str]:
    if not variable:
        return {}
    key = os.environ.get(variable, "").strip()
    if not key:
        raise JudgeError(
            f"the judge's key is read from ${variable}, which is not set; set it, or name another variable"
            ' with `key_variable` ("" for an endpoint without a key)'
        )
    return {"Authorization": f"Bearer {key}"}


def _transport_fault(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no reply in time"
    if isinstance(error, httpx.ConnectError):
        return "cannot connect"
    return f"the connection was cut ({type(error).__name__})"


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds asked for by ``Retry-After``, which holds a number or a date (RFC 9110, 10.2.3)."""
    value = response.headers.get("retry-after", "").strip()
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError):
        return None


def _said(response: httpx.Response) -> str:
    try:
        message = response.json()["error"]["message"]
    except (ValueError, KeyError, TypeError):
        message = response.text
    return " ".join(str(message).split())[:200]


def _reply(response: httpx.Response) -> Reply:
    content = response.json()
    text = content["choices"][0]["message"]["content"]
    if not isinstance(text, str):
        raise TypeError("content is not text")
    usage = content.get("usage") or {}
    # An endpoint that does not count is counted for, at four characters a token.
    sent = int(usage.get("prompt_tokens", len(response.request.content) // 4))
    return Reply(text, sent, int(usage.get("completion_tokens", len(text) // 4)))
