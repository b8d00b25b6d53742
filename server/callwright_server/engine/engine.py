"""The engine: a bundle's model, ready to continue and to score texts.

Knows no document and no editor. One inference runs at a time; a request whose stop flag is raised gives way
at the next token, and one that still waits gives up waiting.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from callwright_server.bundle import Bundle
from callwright_server.engine.constraint import Constraint
from callwright_server.engine.decoding import Decoding, Interrupted, Stop, check, log_sum_exp
from callwright_server.engine.drafting import Drafter, Expected
from callwright_server.engine.generation import Generation
from callwright_server.engine.graph import Graph
from callwright_server.engine.scoring import PairScorer, score_continuations
from callwright_server.engine.settings import EngineSettings
from callwright_server.engine.slots import Slots

_WAIT = 0.005
"""Seconds between two looks at the stop flag while another inference runs."""


def never() -> bool:
    """A stop flag that is never raised."""
    return False


class Engine:
    """Runs a bundle's model.

    Args:
        bundle: The opened bundle.
        settings: Threads, memory and the like.

    Raises:
        BundleError: The graph or the tokenizer cannot be loaded.
    """

    def __init__(self, bundle: Bundle, settings: EngineSettings | None = None) -> None:
        self.bundle = bundle
        self.settings = settings or EngineSettings()
        self.tokenizer = bundle.tokenizer
        self.architecture = bundle.manifest.architecture
        self.context = min(self.settings.context, self.architecture.context)
        self._ends = frozenset(self.architecture.end_tokens)
        self.graph = Graph(bundle.model, self.architecture, self.settings)
        self._slots = Slots(self.graph, self.settings.slots, self.context)
        self._pairs = PairScorer(
            self.graph, self.context, self.settings.chunk, self.settings.prefix_cache_megabytes << 20
        )
        self._expected = Expected(self.encode, self.decode)
        self._lock = threading.Lock()

    def encode(self, text: str) -> list[int]:
        """Token ids of a text; nothing is added to it."""
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of token ids, special tokens left out."""
        text: str = self.tokenizer.decode(list(tokens), skip_special_tokens=True)
        return text

    def warm_up(self) -> None:
        """Run the model once, so that the first request finds weights and threads in place."""
        self.generate("import ", max_tokens=2)

    def generate(
        self,
        prompt: str,
        *,
        max_tokens: int,
        stop: Stop = never,
        constraint: Constraint | None = None,
        deadline: float | None = None,
    ) -> Generation:
        """Continue a text greedily.

        Args:
            prompt: What to continue; where it is longer than the context its start is cut off.
            max_tokens: Tokens to generate at most.
            stop: Asked before every pass of the model, from the calling thread; ``True`` ends the generation.
            constraint: What may follow; ``None`` leaves everything free.
            deadline: A time of :func:`time.monotonic` after which the text so far is returned.

        Returns:
            The continuation, also where it was stopped early: ``finish`` tells.
        """
        tokens = self._prompt_tokens(prompt, min(max_tokens, self.context // 4))
        try:
            with self._inference(stop, deadline):
                slot, reused = self._slots.take(tokens)
                decoding = Decoding(
                    slot,
                    tokens[reused:],
                    ends=self._ends,
                    constraint=constraint,
                    drafter=Drafter(tokens, self.settings.draft, self._expected.after(prompt)),
                    chunk=self.settings.chunk,
                    check=lambda: check(stop, deadline),
                )
                finish = decoding.run(max_tokens)
                self._expected.remember(prompt, decoding.tokens)
        except Interrupted as interrupted:  # while waiting for another inference
            return Generation("", (), (), interrupted.reason, len(tokens), 0)
        return Generation(
            text=self.decode(decoding.tokens),
            tokens=tuple(decoding.tokens),
            log_probs=tuple(decoding.log_probs),
            finish=finish,
            prompt_tokens=len(tokens),
            reused_tokens=reused,
            forced_tokens=decoding.forced,
            drafted_tokens=decoding.drafted,
            margins=tuple(decoding.margins),
        )

    def following(
        self, prompt: str, tokens: Sequence[int], *, stop: Stop = never, deadline: float | None = None
    ) -> NDArray[np.float32] | None:
        """Log-probabilities ``[vocabulary]`` of what comes after a prompt and some tokens more.

        Whoever asks again with the same prompt, and with tokens that begin alike, pays for what is new only.

        Args:
            prompt: The text.
            tokens: Token ids behind it.
            stop: Asked before every pass.
            deadline: A time of :func:`time.monotonic` after which it is given up.

        Returns:
            ``None`` where there was no time.
        """
        whole = [*self._prompt_tokens(prompt, self.context // 4), *tokens]
        try:
            with self._inference(stop, deadline):
                slot, reused = self._slots.take(whole)
                unread = whole[reused:]
                for start in range(0, len(unread), self.settings.chunk):
                    check(stop, deadline)
                    logits = slot.read(unread[start : start + self.settings.chunk])
                return np.asarray(logits[0] - log_sum_exp(logits)[0], np.float32)
        except Interrupted:
            return None

    def score(self, prefix: str, continuations: Sequence[str], stop: Stop = never) -> list[list[float]]:
        """Log-probabilities of continuations of one prefix.

        Prefix and continuation are tokenised apart, as in training. What continuations share is read once.

        Args:
            prefix: The shared prefix.
            continuations: Texts to score after it.
            stop: Asked before every pass.

        Returns:
            For each continuation one natural log-probability per token. An empty list where there was no
            time: the stop flag was raised; then every list is empty.
        """
        encoded = [self._continuation_tokens(text) for text in continuations]
        longest = max(map(len, encoded), default=0)
        tokens = self._prompt_tokens(prefix, longest)
        try:
            with self._inference(stop):
                slot, _ = self._slots.take(tokens)
                unread = tokens[len(slot.tokens) : -1]
                for start in range(0, len(unread), self.settings.chunk):
                    check(stop)
                    slot.read(unread[start : start + self.settings.chunk])
                return score_continuations(slot, tokens, encoded, self.settings.chunk, lambda: check(stop))
        except Interrupted:
            return [[] for _ in continuations]

    def score_pairs(self, pairs: Sequence[tuple[str, str]], stop: Stop = never) -> list[list[float]]:
        """Log-probabilities of continuations, each after a prefix of its own.

        The prefixes' keys and values are remembered: scoring another question after the same documents reads
        only the question.

        Args:
            pairs: ``(prefix, continuation)``; neither may be empty.
            stop: Asked before every pass.

        Returns:
            For each pair one natural log-probability per token of its continuation; every list is empty
            where the stop flag was raised.
        """
        encoded = [self._pair_tokens(prefix, continuation) for prefix, continuation in pairs]
        try:
            with self._inference(stop):
                return self._pairs.score(encoded, lambda: check(stop))
        except Interrupted:
            return [[] for _ in pairs]

    def logits(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        """Logits ``[len(tokens), vocabulary]`` after each token of a text, read without any cache."""
        with self._inference(never):
            keys_and_values = self.graph.cache(len(tokens))
            ids = np.array([tokens], np.int64)
            return keys_and_values.run(ids, np.zeros(1, np.int32), np.arange(len(tokens))).copy()

    def forget(self) -> None:
        """Drop the cached texts."""
        with self._lock:
            self._slots.clear()
            self._expected.forget()

    @contextmanager
    def _inference(self, stop: Stop, deadline: float | None = None) -> Iterator[None]:
        """Wait for the model; whoever is not wanted any more stops waiting."""
        check(stop, deadline)
        while not self._lock.acquire(timeout=_WAIT):
            check(stop, deadline)
        try:
            yield
        finally:
            self._lock.release()

    def _prompt_tokens(self, prompt: str, reserve: int) -> list[int]:
        """The prompt's tokens, cut at the start so that ``reserve`` more fit; never empty."""
        room = max(1, self.context - reserve)
        return self.encode(prompt)[-room:] or [self.architecture.end_tokens[0] if self._ends else 0]

    def _pair_tokens(self, prefix: str, continuation: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
        after = self._continuation_tokens(continuation)
        return tuple(self._prompt_tokens(prefix, len(after))), after

    def _continuation_tokens(self, text: str) -> tuple[int, ...]:
        """A continuation's tokens; what half the context has no room for is not scored."""
        return tuple(self.encode(text)[: self.context // 2])
