"""From a document and a place in it to suggestions.

Deciding what is wanted (:mod:`context`) and writing it (:mod:`rendering`) cost no model; only the ranking in
between does, and it is remembered. It does not depend on what has been typed of the answer; and what was
shown stays while it is being typed (:mod:`typed_along`). So whoever types along is answered without the
model.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

from callwright_grounding.catalogue import CatalogueEntry
from callwright_plugins import suggestion as plugin
from callwright_server.engine.engine import Engine
from callwright_server.gate import Gate
from callwright_server.settings import Settings
from callwright_server.suggest import rendering
from callwright_server.suggest.arguments import most_alike
from callwright_server.suggest.asking import Ask, Kind
from callwright_server.suggest.cache import Recent
from callwright_server.suggest.choosing import Chooser, Grounding, Stop
from callwright_server.suggest.context import (
    Context,
    Nothing,
    RestOfCall,
    WholeCall,
    context_at,
    usual_quote,
)
from callwright_server.suggest.document import Document
from callwright_server.suggest.imports import bindings_around
from callwright_server.suggest.line_writer import LineWriter
from callwright_server.suggest.members import MemberRanker
from callwright_server.suggest.script import ScriptWriter
from callwright_server.suggest.shelf import Shelf
from callwright_server.suggest.suggestion import Suggestion, Suggestions
from callwright_server.suggest.typed_along import TypedAlong

log = logging.getLogger(__name__)

_REMEMBERED = 512

Render = Callable[[CatalogueEntry], Suggestion | None]


@dataclass(frozen=True, slots=True)
class _Ranked:
    """One entry of a remembered ranking."""

    entry: CatalogueEntry
    score: float
    shown: bool


class Suggester:
    """Suggests at places in documents; safe to ask from several threads.

    Args:
        shelf: What can be offered.
        chooser: Chooses calls for an instruction.
        engine: The model, for free continuations; ``None`` makes none.
        settings: What the user has set.
        grounding: Which names exist; ``None`` where nothing knows.
        filters: Name to plugin filter.
        gate: How sure the model must be of a line of its own; ``None`` takes the defaults.
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
        gate: Gate | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self._shelf, self._chooser = shelf, chooser
        self._filters = dict(filters or {})
        self._rankings: Recent[Hashable, tuple[_Ranked, ...]] = Recent(_REMEMBERED)
        self._typed_along = TypedAlong()
        free = engine is not None and self.settings.inline.free_text
        ranked = engine if self.settings.menu.members else None
        limit = self.settings.menu.limit
        self._members = MemberRanker(ranked, grounding, limit) if ranked and grounding else None
        self._writer = LineWriter(engine, self.settings.inline, grounding, gate) if engine and free else None
        self._scripts = ScriptWriter(engine, self.settings.inline, grounding) if engine and free else None

    def peek(self, document: Document, offset: int, *, kind: Kind = Kind.INLINE) -> Suggestions | None:
        """The answer where it is known without the model; ``None`` where the model must be asked."""
        return self._answer(Ask(document, offset, kind))

    def suggest(
        self,
        document: Document,
        offset: int,
        *,
        stop: Stop,
        kind: Kind = Kind.INLINE,
        deadline: float | None = None,
    ) -> Suggestions:
        """What to suggest at a place.

        Args:
            document: The buffer.
            offset: The cursor.
            stop: Polled at every token; ``True`` gives the answer up.
            kind: What the suggestions are for.
            deadline: A time of :func:`time.monotonic` after which what is known so far is the answer.

        Returns:
            Suggestions, or the reason why there are none.
        """
        answer = self._answer(Ask(document, offset, kind, stop, deadline))
        return answer if answer is not None else Suggestions(reason="nothing is known")

    def script(
        self, document: Document, chosen: Suggestion, *, stop: Stop, written: Callable[[str], None]
    ) -> Suggestion:
        """A chosen call with the lines that use it; :meth:`ScriptWriter.extend` has the arguments."""
        if self._scripts is None:
            return chosen
        return self._scripts.extend(document, chosen, stop=stop, written=written)

    def _answer(self, ask: Ask) -> Suggestions | None:
        if (
            ask.kind is Kind.INLINE
            and (known := self._typed_along.find(ask.document, ask.offset)) is not None
        ):
            return known
        answer = self._in(context_at(ask.document, ask.offset, self._shelf), ask)
        if answer is not None and not answer.items and ask.kind is Kind.MENU and self._members:
            answer = self._members.suggest(ask)
        if answer is None:
            return None
        answer = self._filtered(answer, ask)
        if ask.kind is Kind.INLINE and answer.complete:
            self._typed_along.remember(ask.document, answer)
        return answer

    def _in(self, context: Context, ask: Ask) -> Suggestions | None:
        if isinstance(context, Nothing):
            return Suggestions(reason=context.reason)
        if isinstance(context, WholeCall):
            return self._whole_calls(context, ask)
        if isinstance(context, RestOfCall):
            return self._rests_of_call(context, ask)
        if ask.kind is Kind.MENU or self._writer is None:
            return Suggestions(reason="no catalogue call fits here")
        return self._writer.suggest(ask)

    def _whole_calls(self, context: WholeCall, ask: Ask) -> Suggestions | None:
        bound = bindings_around(ask.document, ask.offset)
        quote = usual_quote(ask.document, ask.offset)
        above = ask.kind is Kind.INLINE and self.settings.inline.imports

        def rendered(entry: CatalogueEntry) -> Suggestion | None:
            return rendering.whole_call(
                context,
                entry,
                bound=bound,
                quote=quote,
                newline=ask.document.newline,
                above=above,
                cursor=ask.offset,
            )

        return self._ranked(
            context.instruction, self._shelf.entries, "", rendered, ask, context.typed.strip()
        )

    def _rests_of_call(self, context: RestOfCall, ask: Ask) -> Suggestions | None:
        written = dict(context.written)
        possible = most_alike(self._shelf.called(context.callable), written)
        bound = bindings_around(ask.document, ask.offset)

        def rendered(entry: CatalogueEntry) -> Suggestion | None:
            item = rendering.rest_of_call(context, entry, bound=bound)
            return item if item and item.text != ask.document.text[item.start : item.end] else None

        if not possible:
            return Suggestions(reason="no catalogue call has these arguments")
        fitting = _different(filter(None, map(rendered, possible)))
        if not fitting:
            return Suggestions(reason="no catalogue call fits what has been typed")
        if len(fitting) == 1:
            return Suggestions(items=fitting)
        if not context.instruction:
            return self._undecided(fitting)
        scope = (context.callable, tuple(sorted((str(slot), value) for slot, value in context.written)))
        return self._ranked(context.instruction, possible, scope, rendered, ask, context.typed)

    def _undecided(self, fitting: tuple[Suggestion, ...]) -> Suggestions:
        """Candidates in the catalogue's order, where no words say which is wanted: for menus only."""
        items = tuple(replace(item, shown=False) for item in fitting[: self.settings.menu.limit])
        reason = f"{len(fitting)} calls fit, and nothing says what it is for"
        return Suggestions(items=items, reason=reason, complete=len(fitting) <= len(items))

    def _ranked(
        self,
        instruction: str,
        possible: Collection[CatalogueEntry],
        scope: Hashable,
        rendered: Render,
        ask: Ask,
        typed: str,
    ) -> Suggestions | None:
        ranking = self._ranking(instruction, possible, scope, ask)
        items = _placed(ranking or (), rendered)
        if ranking is not None and not items and typed:
            # The likeliest do not begin as the user has begun: choose among those that do.
            narrowed = [entry for entry in possible if rendered(entry) is not None]
            ranking = self._ranking(instruction, narrowed, (scope, typed), ask) if narrowed else ()
            items = _placed(ranking or (), rendered)
        if ranking is None:
            return None
        if ask.given_up:
            return Suggestions(items=items, reason="" if items else "there was no time", complete=False)
        return _judged(items, typed, from_model=ask.asked_model)

    def _ranking(
        self, instruction: str, possible: Collection[CatalogueEntry], scope: Hashable, ask: Ask
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

    def _filtered(self, answer: Suggestions, ask: Ask) -> Suggestions:
        """What the plugins' filters let pass."""
        if not self._filters or not answer.items:
            return answer
        reasons: list[str] = []
        items = tuple(item for item in answer.items if not self._held_back(item, ask, reasons))
        return replace(answer, items=items, reason=answer.reason if items else reasons[0])

    def _held_back(self, item: Suggestion, ask: Ask, reasons: list[str]) -> bool:
        text = ask.document.text
        seen = plugin.Suggestion(
            text=item.text, before=text[: item.start], after=text[item.end :], entry=item.entry
        )
        for name, judge in list(self._filters.items()):
            try:
                reason = judge(seen)
            except Exception:  # a plugin's mistake costs that plugin
                log.exception("The filter %r raised; it is not asked again.", name)
                self._filters.pop(name, None)
                continue
            if reason is not None:
                reasons.append(f"{name}: {reason}")
                return True
        return False


def _placed(ranking: Iterable[_Ranked], rendered: Render) -> tuple[Suggestion, ...]:
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


def _judged(items: tuple[Suggestion, ...], typed: str, *, from_model: bool) -> Suggestions:
    reason = ""
    if not items:
        reason = f"no catalogue call fits{' what has been typed' if typed else ''}"
    elif not any(item.shown for item in items):
        reason = f"{len(items)} candidate{'s' * (len(items) != 1)} below the threshold"
    return Suggestions(items=items, reason=reason, from_model=from_model)
