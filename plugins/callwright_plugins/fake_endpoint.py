"""For tests: a real HTTP server that speaks the OpenAI protocol, slowly and badly where it is told to.

Counts every well-formed answer that it sent completely, so that a test can show that nothing was paid for
twice.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

_QUESTION = re.compile(r"^- ([a-z0-9_-]+): ", re.MULTILINE)
_OK = "HTTP/1.1 200 OK\r\n"

FAULTS = ("429", "500", "cut", "slow", "not json", "wrong shape", "half", "not a completion")
"""What may go wrong with a request: see :class:`FakeEndpoint`."""


class FakeEndpoint:
    """An endpoint on this machine; a context manager.

    Args:
        delay: Seconds until each reply.
        faults: What goes wrong with the first, second, ... distinct request the first time it is sent, in
        turns;
            an empty string is no fault.
        always: Given a request's text, names the fault that it meets every time; ``None`` is no fault.
        answer: Question id and request text to the answer; every other answer is yes.
    """

    def __init__(
        self,
        *,
        delay: float = 0.0,
        faults: Sequence[str] = ("",),
        always: Callable[[str], str | None] = lambda text: None,
        answer: Callable[[str, str], bool] = lambda question, text: True,
    ) -> None:
        self.delay = delay
        self.faults = tuple(faults)
        self.always = always
        self.answer = answer
        self.requests = 0
        self.at_once = 0
        """The most requests that were ever under way together."""
        self.keys: set[str] = set()
        """Every `Authorization` header that was seen."""
        self.paid: Counter[tuple[str, str]] = Counter()
        """How often a question about a text was answered, completely and well-formed."""
        self._seen: dict[str, int] = {}
        self._open = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        start = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(start, self._loop).result(10)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/v1"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _stop(self) -> None:
        self._server.close()
        for task in asyncio.all_tasks():
            if task is not asyncio.current_task():
                task.cancel()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await _read(reader):
                headers, body = request
                self.keys.add(headers.get("authorization", ""))
                self.requests += 1
                self._open += 1
                self.at_once = max(self.at_once, self._open)
                try:
                    go_on = await self._reply(json.loads(body), writer)
                finally:
                    self._open -= 1
                if not go_on:
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _reply(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection stays open."""
        text = body["messages"][1]["content"]
        # A repair of a reply is a longer chat; nothing goes wrong with that a second time.
        fault = self._fault(json.dumps(body), text, again=len(body["messages"]) > 2)
        await asyncio.sleep(self.delay)
        if fault == "429":
            return await _send(writer, "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0.05\r\n", "{}")
        if fault == "500":
            return await _send(writer, "HTTP/1.1 500 Internal Server Error\r\n", "oops")
        if fault == "cut":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{")
            await writer.drain()
            return False
        if fault == "slow":
            await asyncio.sleep(5)
            return False
        if fault == "not a completion":
            return await _send(writer, _OK, '{"choices": []}')
        content, told = self._content(fault, text)
        reply = {
            "choices": [{"message": {"role": "assistant", "content": content}}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 10},
        }
        sent = await _send(writer, _OK, json.dumps(reply))
        self.paid.update((question, text.partition("\n\nQuestions:")[0]) for question in told)
        return sent

    def _fault(self, request: str, text: str, again: bool) -> str:
        if (always := self.always(text)) is not None:
            return always
        if again or request in self._seen:
            return ""
        number = self._seen.setdefault(request, len(self._seen))
        return self.faults[number % len(self.faults)]

    def _content(self, fault: str, text: str) -> tuple[str, list[str]]:
        """The model's words, and the questions that they answer."""
        questions = _QUESTION.findall(text.rpartition("Questions:")[2])
        if fault == "not json":
            return "Sure! Here you are: yes, yes and no.", []
        if fault == "wrong shape":
            return json.dumps(dict.fromkeys(questions, "maybe")), []
        if fault == "half":
            questions = questions[: len(questions) // 2]
        said = {
            question: {"answer": "yes" if self.answer(question, text) else "no", "reason": "it seems so"}
            for question in questions
        }
        return json.dumps({"answers": said}), questions


async def _read(reader: asyncio.StreamReader) -> tuple[dict[str, str], bytes] | None:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode().split("\r\n")[1:]
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    return headers, await reader.readexactly(int(headers.get("content-length", "0")))


async def _send(writer: asyncio.StreamWriter, head: str, body: str) -> bool:
    content = body.encode()
    writer.write(
        f"{head}Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content
    )
    await writer.drain()
    return True
