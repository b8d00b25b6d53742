"""The catalogue: the API calls we know of, each with the ids it names."""

from callwright_grounding.catalogue.calls import (
    Call,
    dotted_name,
    named_ids,
    named_task,
    parse_call,
    string_literal,
)
from callwright_grounding.catalogue.catalogue import Catalogue
from callwright_grounding.catalogue.entry import CatalogueEntry

__all__ = [
    "Call",
    "Catalogue",
    "CatalogueEntry",
    "dotted_name",
    "named_ids",
    "named_task",
    "parse_call",
    "string_literal",
]
