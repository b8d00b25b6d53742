"""The hooks that a plugin may implement. `docs/plugins.md` shows one example of each.

A plugin is a module. It marks functions of these names with ``@hookimpl`` and offers things by calling
``register``. An implementation may leave out arguments it does not need, so hooks can grow without breaking
plugins.
"""

from __future__ import annotations

from collections.abc import Callable

import pluggy

from callwright_grounding.catalogue import Catalogue
from callwright_plugins import PROJECT
from callwright_plugins.judge import Judge
from callwright_plugins.questions import QuestionSet
from callwright_plugins.suggestion import Filter

hookspec = pluggy.HookspecMarker(PROJECT)


@hookspec
def register_judges(register: Callable[[str, Callable[..., Judge]], None]) -> None:
    """Offer judges, which answer questions about completions.

    Called once, when a run first needs a judge. A judge registered as ``"length"`` is chosen with
    ``judge = "length"`` under ``[feedback]``; the keys of ``[feedback.options]`` become keyword arguments of
    the factory. Raising anything here names the plugin in one line and stops the run; the language server
    goes on without the plugin.

    :param register: call as ``register(name, factory)``; a name taken twice is an error

    .. versionadded:: 0.1
    """


@hookspec
def register_question_sets(register: Callable[[QuestionSet], None]) -> None:
    """Offer question sets.

    Called once, when a run first needs one. A set named ``"team"`` is chosen with ``questions = "team"``
    under ``[feedback]``. :meth:`QuestionSet.read` reads one from a TOML file and says what is wrong with it.

    :param register: call as ``register(question_set)``; a name taken twice is an error

    .. versionadded:: 0.1
    """


@hookspec
def register_catalogues(register: Callable[[str, Callable[[], Catalogue]], None]) -> None:
    """Offer catalogues of API calls that exist, such as those of a team's own package.

    Called once, when a catalogue is first asked for by name. The loader is called when that catalogue is
    used, and may take its time; it may raise a ``CatalogueError`` with one line for the user.

    :param register: call as ``register(name, load)``; a name taken twice is an error

    .. versionadded:: 0.1
    """


@hookspec
def register_filters(register: Callable[[str, Filter], None]) -> None:
    """Offer filters, which may hold back a suggestion before it is shown.

    Called once, when the language server starts. A filter is called for every suggestion, so it should take
    well under a millisecond; it returns why the suggestion should not be shown, or ``None``. A filter that
    raises is named in the log and not asked again.

    :param register: call as ``register(name, filter)``; a name taken twice is an error

    .. versionadded:: 0.1
    """
