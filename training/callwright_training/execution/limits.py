"""How much a script may use."""

from __future__ import annotations

from pydantic import ConfigDict, PositiveFloat, PositiveInt
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(extra="forbid", use_attribute_docstrings=True)
MIB = 1 << 20


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Limits:
    """What one script may use before it is stopped."""

    wall: PositiveFloat = 60.0
    """Seconds from its start to its end; generous, so that a busy machine changes no verdict."""
    cpu: PositiveInt = 30
    """Seconds of processor time, over all its threads."""
    memory: PositiveInt = 3072 * MIB
    """Bytes that all its processes hold together, beyond what the warm parent gave them."""
    address_space: PositiveInt = 12288 * MIB
    """Bytes that one of its processes may map; torch maps far more than it uses."""
    processes: PositiveInt = 128
    """Processes and threads at one time."""
    file: PositiveInt = 256 * MIB
    """Bytes in one file."""
    scratch: PositiveInt = 512 * MIB
    """Bytes in its ``/tmp``, which is all that it may write to."""
    files: PositiveInt = 10_000
    """Files in its ``/tmp``."""
    open_files: PositiveInt = 512
    """Descriptors open at one time."""
