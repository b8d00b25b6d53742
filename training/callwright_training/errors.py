"""The training package's errors.

::

    UserError (callwright_grounding.errors)
    └── TrainingError
        ├── RecordsError     a record file is missing or holds no record at all
        ├── BaseModelError   a base model cannot be had or used
        ├── RunFileError     a run file says something that a run cannot do
        ├── StageError       a stage cannot go on (what it needs is missing, or its result is not good enough)
        ├── ExportError      a bundle would not agree with its model
        └── SandboxError     generated code cannot be contained on this machine
"""

from callwright_grounding.errors import UserError


class TrainingError(UserError):
    """Base of what the training commands report."""


class RecordsError(TrainingError):
    """A record file is missing, unreadable or holds no record at all."""


class BaseModelError(TrainingError):
    """A base model cannot be had or used."""


class RunFileError(TrainingError):
    """A run file says something that a run cannot do."""


class StageError(TrainingError):
    """A stage cannot go on: what it needs is missing, or its result is not good enough."""


class ExportError(TrainingError):
    """A bundle would not agree with the model it is made from."""


class SandboxError(TrainingError):
    """Generated code cannot be contained on this machine in the mode asked for."""
