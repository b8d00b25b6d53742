"""From a document and a place in it to suggestions.

Deciding what is wanted (:mod:`context`) and writing it (:mod:`rendering`) cost no model; only the ranking in
between does. The ranking does not depend on what has been typed of the answer, so whoever types along a
suggestion is answered from memory, and gets what the model would have said.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from callwright_grounding.catalogue import CatalogueEntry
from callwright_plugins import suggestion as plugin
from callwright_server.engine.engine import Engine
from callwright_server.prompt import Prompt
from callwright_server.settings import Settings
from callwright_server.suggest import freely, rendering
from callwright_server.suggest.arguments import agrees
from callwright_server.suggest.cache import Recent
from callwright_server.suggest.choosing import Chooser, Grounding, Place, Scored, Stop
from callwright_server.suggest.context import (
    Context,
    Nothing,
    RestOfCall,
    RestOfLine,
    WholeCall,
    context_at,
    usual_quote,
)
from callwright_server.suggest.document import Document, line_before
from callwright_server.suggest.imports import SEARCHED, bindings
from callwright_server.suggest.shelf import Shelf
from callwright_server.suggest.suggestion import Suggestion, Suggestions

log = logging.getLogger(__name__)

FEW = 3
"""Without any words to choose by, candidates are shown unasked only where they are as few as this."""
_REMEMBERED = 512


class Trigger(Enum):
    """Why suggestions are wanted."""

    AUTOMATIC = "automatic"
    """The user types."""
    INVOKED = "invoked"
    """The user asked for them: whatever fits is shown, also what is doubtful."""


@dataclass(frozen=True, slots=True)
class _Ranked:
    """One entry of a remembered ranking."""

    entry: CatalogueEntry
    score: float
    shown: bool


class Suggester:
    """Suggests at places in documents.

    Args:
        shelf: What can be offered.
        chooser: Chooses calls for an instruction.
        engine: The model, for free continuations; ``None`` makes none.
        settings: What the user has set.
        grounding: Which names exist; ``None`` where nothing knows.
        filters: Name to plugin filter.
    """

    def __init__(
        self,
        *,
        shelf: Shelf,
        chooser: Chooser,
        engine: Engine | None = None,
        settings: Settings | None = None,
        grounding: Grounding | None = None,
        filters: dict[str, plugin.Filter] | None = None,
    ) -> None:
        self._shelf, self._chooser, self._engine, self._grounding = shelf, chooser, engine, grounding
        self.settings = settings or Settings()
        self._filters = dict(filters or {})
        self._rankings: Recent[Hashable, tuple[_Ranked, ...]] = Recent(_REMEMBERED)
        self._lines: Recent[tuple[str, str], Suggestions] = Recent(_REMEMBERED)

    def peek(
        self, document: Document, offset: int, *, trigger: Trigger = Trigger.AUTOMATIC
    ) -> Suggestions | None:
        """The answer where it is known without the model; ``None`` where the model must be asked."""
        return self._answer(document, offset, trigger, None, None)

    def suggest(
        self,
        document: Document,
        offset: int,
        *,
        stop: Stop,
        trigger: Trigger = Trigger.AUTOMATIC,
        deadline: float | None = None,
    ) -> Suggestions:
        """What to suggest at a place.

        Args:
            document: The buffer.
            offset: The cursor.
            stop: Polled at every token; ``True`` gives the answer up.
            trigger: Why suggestions are wanted.
            deadline: A time of :func:`time.monotonic` after which what is known so far is the answer.

        Returns:
            Suggestions, or the reason why there are none.
        """
        answer = self._answer(document, offset, trigger, stop, deadline)
        return answer if answer is not None else Suggestions(reason="nothing is known")

    def _answer(
        self, document: Document, offset: int, trigger: Trigger, stop: Stop | None, deadline: float | None
    ) -> Suggestions | None:
        context = context_at(document, offset, self._shelf)
        ask = _Ask(document, offset, trigger, stop, deadline)
        answer = self._in(context, ask)
        return self._filtered(answer, document, offset) if answer is not None else None

    def _in(self, context: Context, ask: _Ask) -> Suggestions | None:
        if isinstance(context, WholeCall):
            return self._whole_calls(context, ask)
        if isinstance(context, RestOfCall):
            return self._rests_of_call(context, ask)
        if isinstance(context, RestOfLine):
            return self._rest_of_line(context, ask)
        assert isinstance(context, Nothing)  # noqa: S101 - for the type checker
        return Suggestions(reason=context.reason)

    def _whole_calls(self, context: WholeCall, ask: _Ask) -> Suggestions | None:
        bound = bindings(ask.document.text)
        quote = usual_quote(ask.document.text[:SEARCHED])
        newline, imports = ask.document.newline, self.settings.inline.imports

        def rendered(entry: CatalogueEntry) -> Suggestion | None:
            return rendering.whole_call(
                context, entry, bound=bound, quote=quote, newline=newline, imports=imports, cursor=ask.offset
            )

        return self._ranked(
            context.instruction, self._shelf.entries, "", rendered, ask, context.typed.strip()
        )

    def _rests_of_call(self, context: RestOfCall, ask: _Ask) -> Suggestions | None:
        written = dict(context.written)
        possible = [entry for entry in self._shelf.called(context.callable) if agrees(entry, written)]

        def rendered(entry: CatalogueEntry) -> Suggestion | None:
            return rendering.rest_of_call(context, entry, cursor=ask.offset)

        if not possible:
            return Suggestions(reason="no catalogue call has these arguments")
        if not context.instruction:
            return self._unranked(possible, rendered)
        scope = (context.callable, tuple(sorted(map(str, context.written))))
        return self._ranked(context.instruction, possible, scope, rendered, ask, context.typed)

    def _unranked(
        self, possible: Iterable[CatalogueEntry], rendered: Callable[[CatalogueEntry], Suggestion | None]
    ) -> Suggestions:
        """Candidates in the catalogue's order, where no words say which is wanted."""
        items = _different(filter(None, map(rendered, possible)))
        if len(items) <= FEW:
            return _suggestions(items)
        many = tuple(replace(item, shown=False) for item in items[: self.settings.menu.limit])
        reason = f"{len(items)} calls fit, and nothing says what it is for"
        return Suggestions(items=many, reason=reason, complete=len(items) <= len(many))

    def _ranked(
        self,
        instruction: str,
        possible: Collection[CatalogueEntry],
        scope: Hashable,
        rendered: Callable[[CatalogueEntry], Suggestion | None],
        ask: _Ask,
        typed: str,
    ) -> Suggestions | None:
        ranking = self._ranking(instruction, possible, scope, ask)
        if ranking is None:
            return None
        items = _placed(ranking, rendered)
        if not items and typed:
            # The likeliest do not begin as the user has begun: choose among those that do.
            narrowed = [entry for entry in possible if rendered(entry) is not None]
            ranking = self._ranking(instruction, narrowed, (scope, typed), ask) if narrowed else ()
            if ranking is None:
                return None
            items = _placed(ranking, rendered)
        if ask.given_up:
            return Suggestions(items=items, reason="" if items else "there was no time", complete=False)
        if not items:
            return Suggestions(
                reason="no catalogue call fits what has been typed" if typed else "no catalogue call fits"
            )
        return _suggestions(items, from_model=ask.asked_model)

    def _ranking(
        self, instruction: str, possible: Collection[CatalogueEntry], scope: Hashable, ask: _Ask
    ) -> Sequence[_Ranked] | None:
        """The ranking, remembered or asked for; ``None`` where it is not known and must not be asked for."""
        key = (instruction, scope)
        known = self._rankings.get(key)
        if known is not None or ask.stop is None:
            return known
        ask.asked_model = True
        chosen = self._chooser.choose(
            instruction, allowed=possible, limit=self.settings.menu.limit, stop=lambda: ask.given_up
        )
        ranking = tuple(_Ranked(item.entry, item.score, item.shown) for item in chosen)
        if not ask.given_up:
            self._rankings.put(key, ranking)
        return ranking

    def _rest_of_line(self, context: RestOfLine, ask: _Ask) -> Suggestions | None:
        head = line_before(ask.document, ask.offset)
        if self._engine is None or not self.settings.inline.free_text:
            return Suggestions(reason="no catalogue call fits here, and free continuation is off")
        if not head.strip():
            return Suggestions(reason="the line is empty and no comment asks for anything")
        above = ask.document.text[: ask.offset - len(head)]
        if (known := self._typed_along(above, head, ask.offset)) is not None:
            return known
        if ask.stop is None:
            return None
        answer = self._continued(self._engine, ask)
        if answer.complete:
            self._lines.put((above, head), answer)
        return answer

    def _typed_along(self, above: str, head: str, offset: int) -> Suggestions | None:
        """The remembered continuation of this line, or of its beginning where what was typed since agrees."""
        for length in range(len(head), 0, -1):
            known = self._lines.get((above, head[:length]))
            if known is None:
                continue
            typed = head[length:]
            if not typed:
                return known
            items = known.items
            if items and items[0].text.startswith(typed) and items[0].text != typed:
                return _suggestions(
                    [replace(items[0], start=offset, end=offset, text=items[0].text[len(typed) :])]
                )
            return None
        return None

    def _continued(self, engine: Engine, ask: _Ask) -> Suggestions:
        """The model's own continuation of the line, where it may be shown."""
        inline = self.settings.inline
        place = Place(ask.document.text, ask.offset)
        guard = self._grounding.constraint(place) if self._grounding else None
        generation = engine.generate(
            Prompt.at(ask.document.text[: ask.offset]).render(),
            max_tokens=inline.max_tokens,
            stop=lambda: ask.given_up,
            constraint=freely.UntilLineEnd(engine.tokenizer, guard),
            deadline=ask.deadline,
        )
        ask.asked_model = True
        if ask.given_up:
            return Suggestions(reason="there was no time", complete=False, from_model=True)
        text = generation.text.partition("\n")[0].rstrip()
        sure = freely.confidence(generation.log_probs)
        reason = ""
        if not text.strip():
            reason = "the model has nothing to add"
        elif sure < inline.minimum_confidence:
            reason = f"the model is not sure enough ({sure:.2f}, wanted {inline.minimum_confidence:.2f})"
        elif guard is None:
            reason = freely.why_not(ask.document, ask.offset, text)
        item = Suggestion(start=ask.offset, end=ask.offset, text=text, score=sure)
        return Suggestions(items=() if reason else (item,), reason=reason, from_model=True)

    def _filtered(self, answer: Suggestions, document: Document, offset: int) -> Suggestions:
        """What the plugins' filters let pass."""
        if not self._filters or not answer.items:
            return answer
        reasons: list[str] = []
        items = tuple(item for item in answer.items if not self._held_back(item, document, offset, reasons))
        return replace(answer, items=items, reason=answer.reason if items else reasons[0])

    def _held_back(self, item: Suggestion, document: Document, offset: int, reasons: list[str]) -> bool:
        seen = plugin.Suggestion(
            text=item.text, before=document.text[: item.start], after=document.text[offset:], entry=item.entry
        )
        for name, judge in list(self._filters.items()):
            try:
                reason = judge(seen)
            except Exception:  # a plugin's mistake costs that plugin
                log.exception("The filter %r raised; it is not asked again.", name)
                del self._filters[name]
                continue
            if reason is not None:
                reasons.append(f"{name}: {reason}")
                return True
        return False


@dataclass(slots=True)
class _Ask:
    """One request on its way."""

    document: Document
    offset: int
    trigger: Trigger
    stop: Stop | None
    """``None``: answer only what is known without the model."""
    deadline: float | None
    asked_model: bool = False

    @property
    def given_up(self) -> bool:
        if self.stop is not None and self.stop():
            return True
        return self.deadline is not None and time.monotonic() >= self.deadline


def _placed(
    ranking: Iterable[Scored], rendered: Callable[[CatalogueEntry], Suggestion | None]
) -> tuple[Suggestion, ...]:
    pairs = ((rendered(item.entry), item) for item in ranking)
    return _different(
        replace(text, score=item.score, shown=item.shown) for text, item in pairs if text is not None
    )


def _different(items: Iterable[Suggestion]) -> tuple[Suggestion, ...]:
    """The items without those whose text an earlier one has."""
    unique: dict[str, Suggestion] = {}
    for item in items:
        unique.setdefault(item.text, item)
    return tuple(unique.values())


def _suggestions(items: Iterable[Suggestion], *, from_model: bool = False) -> Suggestions:
    found = tuple(items)
    doubtful = not any(item.shown for item in found)
    reason = (
        f"{len(found)} candidate{'s' * (len(found) != 1)} below the threshold" if found and doubtful else ""
    )
    return Suggestions(items=found, reason=reason, from_model=from_model)
