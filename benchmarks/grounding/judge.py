"""Says what really exists, by importing it: one JSON question a line in, one JSON answer a line out.

Run by the interpreter that the libraries are installed for. Knows nothing of Callwright's index.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import warnings
from typing import Any


def find(path: str) -> Any:
    """The object behind a dotted path, importing as far as modules go."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        for part in parts[length:]:
            found = getattr(found, part)
        return found
    raise ImportError(path)


def answer(question: dict[str, Any]) -> bool | None:
    """Whether the name exists; ``None`` where that cannot be judged."""
    try:
        owner = find(question["owner"])
    except Exception:
        return None
    if question["kind"] == "attribute":
        if hasattr(owner, question["name"]):
            return True
        try:
            importlib.import_module(f"{question['owner']}.{question['name']}")
        except Exception:
            return False
        return bool(question["imports_submodules"])
    try:
        parameters = inspect.signature(owner).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return question["name"] in [parameter.name for parameter in parameters]


def main() -> None:
    """Answer questions until there are no more."""
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
