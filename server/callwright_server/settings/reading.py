"""Settings as a client sends them, read leniently: one bad value costs that value, never the server."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from callwright_server.settings.schema import Settings

SECTION = "callwright"
"""The name under which editors keep our settings."""

Complaint = str
"""One sentence about one setting, naming it."""


def read_settings(sent: object) -> tuple[Settings, list[Complaint]]:
    """Settings out of what a client sent.

    Accepts the settings themselves or an object that holds them under ``callwright``; names in camelCase, as
    they are documented, or in snake_case; nested objects or dotted names (``"inline.enabled"``).

    Args:
        sent: Anything that JSON can hold.

    Returns:
        The settings, with the default wherever something was wrong or missing, and one sentence per wrong
        thing.
    """
    if sent is None:
        return Settings(), []
    if not isinstance(sent, Mapping):
        return Settings(), [f"Settings must be an object, not {_kind(sent)}; the defaults are used."]
    if isinstance(inner := sent.get(SECTION), Mapping):
        sent = inner
    complaints: list[Complaint] = []
    return _read(Settings, _nested(sent), "", complaints), complaints


def camel(name: str) -> str:
    """``free_text`` as editors spell it: ``freeText``."""
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])[A-Z]", lambda match: f"_{match.group()}", name).lower()


def _nested(sent: Mapping[str, object]) -> dict[str, Any]:
    """Dotted names unfolded into nested objects."""
    nested: dict[str, Any] = {}
    for name, value in sent.items():
        if value is None:
            continue
        *groups, last = str(name).removeprefix(f"{SECTION}.").split(".")
        target = nested
        for group in groups:
            inner = target.get(group)
            target[group] = target = dict(inner) if isinstance(inner, Mapping) else {}
        present = target.get(last)
        if isinstance(present, Mapping) and isinstance(value, Mapping):
            target[last] = {**present, **value}
        else:
            target[last] = value
    return nested


def _read(group: type, sent: Mapping[str, object], path: str, complaints: list[Complaint]) -> Any:
    types = get_type_hints(group, include_extras=True)
    known = {item.name for item in fields(group)}
    values: dict[str, Any] = {}
    for key, value in sent.items():
        name, shown = _snake(str(key)), f"{path}{key}"
        if name not in known:
            complaints.append(f"Unknown setting {SECTION}.{shown}{_meant(name, known, path)}; it is ignored.")
        elif value is None:
            continue  # inside a group
        elif is_dataclass(types[name]) and isinstance(value, Mapping):
            inner = types[name]
            values[name] = _read(inner, value, f"{path}{camel(name)}.", complaints)
        elif (problem := _problem(types[name], value)) is not None:
            default = getattr(group(), name)
            plain = is_dataclass(default) or default is None
            instead = "the default is used" if plain else f"the default {default!r} is used"
            complaints.append(f"Setting {SECTION}.{shown}: {problem}; {instead}.")
        else:
            values[name] = value
    return group(**values)


def _problem(kind: Any, value: object) -> str | None:
    """Why a value is none of this type; ``None`` where it is one. JSON's own types are not converted."""
    if is_dataclass(kind):
        return f"must be an object, not {_kind(value)}"
    try:
        TypeAdapter(kind).validate_python(value, strict=True)
    except ValidationError as error:
        message = error.errors()[0]["msg"]
        return f"{message[0].lower()}{message[1:]}, not {value!r}"
    return None


def _meant(name: str, known: set[str], path: str) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {SECTION}.{path}{camel(close[0])}?)" if close else ""


def _kind(value: object) -> str:
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list"}
    return names.get(type(value), "null" if value is None else "an object")
