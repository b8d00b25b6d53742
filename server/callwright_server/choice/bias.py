"""What feedback has taught about calls, whatever is asked: a bias for each call and for each callable.

It orders calls of the same domain among each other; see :func:`callwright_server.choice.fusion.biased`.

A bundle's folder ``retriever/`` may hold ``bias.safetensors``. Names are kept as digests only, so that a
catalogue's calls cannot be read from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from callwright_server.choice.fusion import Scores
from callwright_server.errors import BundleError

FILE = "bias.safetensors"
_NAMES, _VALUES = "names", "values"


@dataclass(frozen=True, slots=True)
class CallBias:
    """Natural-log weights, by the digest of a name."""

    values: Mapping[int, float]

    @classmethod
    def named(cls, values: Mapping[str, float]) -> CallBias:
        """By calls and callables in plain text."""
        return cls({digest(name): value for name, value in values.items()})

    def of(self, calls: Sequence[str]) -> Scores:
        """Each call's own bias and its callable's together; what is not known counts nothing."""
        found = [sum(self.values.get(digest(name), 0.0) for name in names_of(call)) for call in calls]
        return np.array(found, np.float32)

    def save(self, folder: Path) -> None:
        """Write ``bias.safetensors``."""
        from safetensors.numpy import save_file

        names = sorted(self.values)
        tensors = {
            _NAMES: np.array(names, np.int64),
            _VALUES: np.array([self.values[name] for name in names], np.float32),
        }
        save_file(tensors, folder / FILE)
        (folder / FILE).chmod(0o644)  # safetensors' own files are for the owner only

    @classmethod
    def load(cls, folder: Path) -> CallBias | None:
        """Read what :meth:`save` wrote; ``None`` where there is nothing.

        Raises:
            BundleError: The file is damaged.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        if not (folder / FILE).is_file():
            return None
        try:
            tensors = load_file(folder / FILE)
            names, values = tensors[_NAMES].tolist(), tensors[_VALUES].tolist()
            return cls(dict(zip(names, values, strict=True)))
        except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
            raise BundleError(f"{folder / FILE}: cannot be read ({error})") from error


def names_of(call: str) -> tuple[str, str]:
    """The names that a call's bias hangs on: the call, and its callable with an open bracket behind."""
    return call, f"{call.partition('(')[0]}("


def digest(name: str) -> int:
    """What a name is kept as."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
