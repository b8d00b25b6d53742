"""The root of every error of Callwright, and grounding's own.

::

    CallwrightError               anything that we raise on purpose
    └── UserError                 the user's mistake or surroundings: one clear line, exit code 2
        ├── GroundingError
        │   ├── CatalogueError    a catalogue file cannot be used
        │   └── InterpreterError  the user's interpreter cannot be found or asked
        ├── (callwright_plugins.errors)
        ├── (callwright_server.errors)
        └── (callwright_training.errors)

A message says what happened and then what to type or change next. Whatever is not a :class:`UserError` is our
mistake and keeps its traceback.
"""


class CallwrightError(Exception):
    """Base of every error that Callwright raises on purpose."""


class UserError(CallwrightError):
    """The user's mistake or surroundings; shown as one line, exit code 2."""


class GroundingError(UserError):
    """Base of what grounding reports."""


class CatalogueError(GroundingError):
    """A catalogue file is missing, unreadable or not a catalogue."""


class InterpreterError(GroundingError):
    """The user's Python interpreter cannot be found or does not answer."""
