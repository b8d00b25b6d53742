"""The plugins' errors.

::

    UserError (callwright_grounding.errors)
    └── PluginError
        ├── PluginLoadError    a plugin cannot be imported, misspells a hook or raises while registering
        ├── QuestionSetError   a question set's TOML is wrong
        └── JudgeError         a judge is unknown, cannot be built or cannot go on
"""

from callwright_grounding.errors import UserError


class PluginError(UserError):
    """Base of what plugins report."""


class PluginLoadError(PluginError):
    """A plugin cannot be imported, misspells a hook or raises while registering."""


class QuestionSetError(PluginError):
    """A question set's file is unreadable or says something that a question set cannot say."""


class JudgeError(PluginError):
    """A judge is unknown, lacks something it needs (a key, an endpoint) or cannot go on."""
