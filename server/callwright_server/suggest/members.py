"""Members of a known receiver, in the model's order: for completion menus, beside what others list there.

What is offered exists for certain; nothing is hidden, because whoever else lists members goes on doing so.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from callwright_server.engine.engine import Engine
from callwright_server.prompt import Prompt
from callwright_server.suggest.asking import Ask
from callwright_server.suggest.best_first import best_first
from callwright_server.suggest.cache import Recent
from callwright_server.suggest.choosing import Grounding, Members, Place, Stop
from callwright_server.suggest.suggestion import Suggestion, Suggestions
from callwright_server.suggest.used_here import mixed
from callwright_server.suggest.used_nearby import Nearby
from callwright_server.suggest.uses import Use

_REMEMBERED = 512
_READ = 6_000
"""Characters in front of the name that the model reads at most."""
_AT_A_MEMBER = re.compile(r"\.[ \t]*(?P<typed>(?:[^\W\d]\w*)?)\Z")


class MemberRanker:
    """Ranks the members of what stands before the cursor.

    Args:
        engine: The model.
        names: Which members there are.
        limit: How many are offered.
    """

    def __init__(self, engine: Engine, names: Grounding, limit: int) -> None:
        self._engine, self._names, self._limit = engine, names, limit
        self._known: Recent[tuple[bytes, str], Suggestions] = Recent(_REMEMBERED)
        self._nearby = Nearby()

    def suggest(self, ask: Ask) -> Suggestions | None:
        """The likeliest members at the cursor; ``None`` where the model would have to say, and must not."""
        match = _AT_A_MEMBER.search(ask.document.text[max(0, ask.offset - 200) : ask.offset])
        if match is None:
            return Suggestions(reason="no catalogue call fits here")
        typed = match["typed"]
        start = ask.offset - len(typed)
        key = (hashlib.blake2b(ask.document.text[:start].encode("utf-8", "surrogatepass")).digest(), typed)
        known = self._known.get(key)
        if known is not None or ask.stop is None:
            return known
        answer = self._ranked(ask, start)
        if answer.complete:
            self._known.put(key, answer)
        return answer

    def _ranked(self, ask: Ask, start: int) -> Suggestions:
        members = self._names.members(Place(ask.document.text, ask.offset, ask.document.path))
        if members is None:
            return Suggestions(reason="nothing here knows what stands before the dot")
        ask.asked_model = True
        before = ask.document.text[:start]
        found, whole = likeliest(
            self._engine,
            before,
            members,
            self._limit,
            nearby=self._nearby.uses(ask.document.path, before),
            stop=lambda: ask.given_up,
            deadline=ask.deadline,
        )
        items = tuple(
            Suggestion(start=start, end=ask.offset, text=name, score=score, member=True)
            for name, score in found
        )
        reason = "" if items else "no member fits" if whole else "there was no time"
        return Suggestions(items=items, reason=reason, complete=whole, from_model=True)


def likeliest(
    engine: Engine,
    before: str,
    members: Members,
    limit: int,
    *,
    nearby: Iterable[Use] = (),
    stop: Stop,
    deadline: float | None = None,
) -> tuple[list[tuple[str, float]], bool]:
    """The likeliest members, by the model and by the code around; and whether there was time for all.

    Args:
        engine: The model.
        before: The text up to where the name begins.
        members: The names.
        limit: How many are wanted.
        nearby: What the folder's other files ask of such receivers.
        stop: Asked before every pass of the model.
        deadline: A time of :func:`time.monotonic` after which nobody waits.
    """
    found: list[tuple[str, float]] = []
    try:
        for item in islice(ranked(engine, before[-_READ:], members, stop=stop, deadline=deadline), limit):
            found.append(item)
    except TimeoutError:
        return mixed(found, (), before)[:limit], False
    return mixed(found, members.names, before, nearby)[:limit], True


def ranked(
    engine: Engine, before: str, members: Members, *, stop: Stop, deadline: float | None = None
) -> Iterator[tuple[str, float]]:
    """Members and their log-probabilities, likeliest first.

    Args:
        engine: The model.
        before: The text up to where the name begins.
        members: The names.
        stop: Asked before every pass of the model.
        deadline: A time of :func:`time.monotonic` after which nobody waits.

    Raises:
        TimeoutError: Nobody waits any more.
    """
    prompt = Prompt.at(before).render()

    def following(tokens: Sequence[int]) -> NDArray[np.float32]:
        likely = engine.following(prompt, tokens, stop=stop, deadline=deadline)
        if likely is None:
            raise TimeoutError
        return likely

    for tokens, score in best_first(members.trie, following, members.ends):
        yield engine.decode(tokens), score
