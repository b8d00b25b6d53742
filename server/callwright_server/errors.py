"""The server's errors.

::

    UserError (callwright_grounding.errors)
    └── ServerError
        ├── BundleError      a bundle is missing, incomplete or altered
        ├── SettingsError    a settings file cannot be used
        ├── PositionError    FILE:LINE:COLUMN does not name a place in a file
        └── OutcomesError    the file of outcomes cannot be used
"""

from callwright_grounding.errors import UserError


class ServerError(UserError):
    """Base of what the engine and the server report."""


class BundleError(ServerError):
    """A bundle is missing, incomplete, altered or of another format version."""


class SettingsError(ServerError):
    """A settings file is unreadable; single bad settings are replaced by their defaults instead."""


class PositionError(ServerError):
    """A FILE:LINE:COLUMN does not name a place in a file."""


class OutcomesError(ServerError):
    """The file that outcomes are kept in cannot be read or written."""
